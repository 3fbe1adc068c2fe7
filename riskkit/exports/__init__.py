"""Tables for other programs: CSV and XLSX, neither of which can carry a formula that somebody typed as a name."""

from riskkit.exports.csv_text import csv_text
from riskkit.exports.typed import read_table
from riskkit.exports.workbook import workbook

__all__ = ["csv_text", "read_table", "workbook"]
