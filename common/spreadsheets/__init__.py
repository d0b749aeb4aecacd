"""Office spreadsheets: read, staged for import, and written. Knows no domain."""
