"""Bodies that schemathesis cannot generate from the document: files of employees, and URLs that lead nowhere."""

import csv
import io
import json

import schemathesis
from hypothesis import strategies as st

IDS = st.text("abcXYZ019._~@-", min_size=1, max_size=128)
LINES = st.characters(exclude_categories=["Cc", "Cs"])
NAMES = st.none() | st.text(LINES, min_size=1, max_size=256)
# Within CSV a topic can have neither the separator of topics nor spaces around it.
TOPICS = st.text(LINES, min_size=1, max_size=128).map(lambda text: text.replace(";", "").strip()).filter(bool)
EMPLOYEES = st.lists(
    st.fixed_dictionaries({"id": IDS, "name": NAMES, "topics": st.lists(TOPICS, max_size=5)}),
    max_size=20,
    unique_by=lambda employee: employee["id"],
)


def ndjson(employees):
    return "".join(json.dumps(employee) + "\n" for employee in employees).encode()


def table(employees):
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["id", "name", "topics"])
    for employee in employees:
        rows.writerow([employee["id"], employee["name"] or "", ";".join(employee["topics"])])
    return out.getvalue().encode()


schemathesis.openapi.media_type("application/x-ndjson", EMPLOYEES.map(ndjson))
schemathesis.openapi.media_type("text/csv", EMPLOYEES.map(table))
# Names that lead nowhere (RFC 2606), so that no foreign host receives a webhook.
PATHS = st.text("abcXYZ019-_/", max_size=40)
schemathesis.openapi.format("uri", PATHS.map(lambda path: f"https://crm.example/{path}"))
