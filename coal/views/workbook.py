"""A workbook as the answer to a request."""

from common.spreadsheets.answering import workbook

__all__ = ["workbook"]
