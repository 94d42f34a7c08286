"""What is shown of a run: the table in the terminal, JSON, Markdown and CSV."""

from rfcore.report.document import markdown, rows_csv, write_report
from rfcore.report.files import check_file, check_folder, write_json, write_text
from rfcore.report.progress import progress_bar
from rfcore.report.table import print_results

__all__ = [
    "check_file",
    "check_folder",
    "markdown",
    "print_results",
    "progress_bar",
    "rows_csv",
    "write_json",
    "write_report",
    "write_text",
]
