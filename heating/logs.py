"""Log lines as JSON, one object a line, with the id of the request or task they belong to."""

import json
import logging

from common.request_context import current

# What a LogRecord always has; everything else was given with `extra` and is printed too.
USUAL = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "request"}


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": current().request_id,
        }
        line |= {name: value for name, value in record.__dict__.items() if name not in USUAL}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
