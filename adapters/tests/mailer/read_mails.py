"""Reads a JSON list of mails as they travelled, and prints how Python's standard library reads each."""

import json
import sys
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime


def read(content):
    mail = message_from_bytes(content.encode(), policy=policy.default)
    return {
        "to": mail["To"],
        "subject": mail["Subject"],
        "text": mail.get_content().replace("\r\n", "\n").rstrip("\n"),
        "message_id": mail["Message-ID"],
        "sent_at": int(parsedate_to_datetime(mail["Date"]).timestamp()),
        "headers": mail.keys(),
    }


json.dump([read(content) for content in json.load(sys.stdin)], sys.stdout)
