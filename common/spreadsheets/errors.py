"""What is said when a file cannot be read as a spreadsheet."""


class SpreadsheetError(Exception):
    """The whole file cannot be read. The message is a sentence in Chinese: what is wrong and what to do."""


def too_large(what: str, limit: str) -> SpreadsheetError:
    return SpreadsheetError(f"文件太大：{what}，最多 {limit}。请拆成几个文件，或删掉表格外的空白区域后再上传")


def broken(detail: str = "") -> SpreadsheetError:
    reason = f"（{detail}）" if detail else ""
    return SpreadsheetError(f"文件已损坏，打不开{reason}。请用 WPS 或 Excel 打开，另存为 .xlsx 后再上传")


def encrypted() -> SpreadsheetError:
    return SpreadsheetError("文件设了打开密码。请在 WPS 或 Excel 里取消密码，保存后再上传")


def no_spreadsheet(kind: str) -> SpreadsheetError:
    return SpreadsheetError(f"这是{kind}，不是表格。请上传 .xlsx、.xls、.ods 或 .csv 文件")


def unsafe(what: str) -> SpreadsheetError:
    return SpreadsheetError(f"文件可能有害，没有读取：{what}。请用 WPS 或 Excel 打开，另存为 .xlsx 后再上传")
