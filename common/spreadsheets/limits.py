"""What a spreadsheet may at most hold, and the sentence for one that holds more."""

from dataclasses import dataclass

from common.spreadsheets.errors import too_large

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may at most hold. Cells: of the rectangles up to the last used cell, all sheets together."""

    max_bytes: int = 30 * MEBIBYTE
    max_unpacked_bytes: int = 300 * MEBIBYTE
    max_parts: int = 10_000
    max_rows: int = 100_000
    max_columns: int = 256
    max_cells: int = 8_000_000


def check_extent(rows: int, columns: int, cells: int, limits: Limits) -> None:
    """Refuse a sheet whose last used cell is at `rows` and `columns`, with `cells` in all sheets so far."""
    if rows > limits.max_rows:
        raise too_large(f"用到了第 {rows} 行", f"{limits.max_rows} 行")
    if columns > limits.max_columns:
        raise too_large(f"用到了第 {columns} 列", f"{limits.max_columns} 列")
    if cells > limits.max_cells:
        raise too_large(f"共 {cells} 个单元格", f"{limits.max_cells} 个")
