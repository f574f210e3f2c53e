"""Messages: reading, listing, changing, drafts."""

import base64

import pytest
from conftest import ANNA, eml

MARK = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name OdooRecord"


def test_a_message_has_the_properties_of_the_documented_one(sim, graph):
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    body = graph.get(f"me/messages/{item.id}").json()
    assert body["from"]["emailAddress"] == {
        "name": "Bob Brown",
        "address": "bob@example.org",
    }
    assert body["sentDateTime"] == "2026-03-02T09:00:00Z"
    assert body["body"] == {"contentType": "text", "content": "Text of Hello\r\n"}
    assert body["bodyPreview"] == "Text of Hello"
    assert body["internetMessageId"].startswith("<")
    assert body["@odata.etag"] == f'W/"{body["changeKey"]}"'
    assert "internetMessageHeaders" not in body
    assert "uniqueBody" not in body and "attachments" not in body


def test_headers_come_only_when_selected(sim, graph, rich):
    body = graph.get(f"me/messages/{rich.id}?$select=internetMessageHeaders").json()
    assert {"name": "X-Custom", "value": "one"} in body["internetMessageHeaders"]
    assert set(body) == {
        "@odata.context",
        "@odata.etag",
        "id",
        "internetMessageHeaders",
    }


@pytest.mark.parametrize("prefix", ["$", "%24", ""])
def test_options_with_and_without_dollar(sim, graph, rich, prefix):
    body = graph.get(f"me/messages/{rich.id}?{prefix}select=subject")
    if prefix == "":
        sim.contract_problems.clear()  # allowed by the service, not in its metadata
    assert set(body.json()) == {"@odata.context", "@odata.etag", "id", "subject"}


def test_text_body_on_request(graph, rich):
    prefer = 'outlook.body-content-type="text"'
    answer = graph.get(f"me/messages/{rich.id}", prefer)
    assert answer.json()["body"]["contentType"] == "text"
    assert answer.json()["body"]["content"].strip() == "See"
    assert answer.headers["Preference-Applied"] == prefer


def test_lists_are_newest_first_in_pages(sim, graph):
    sim.clock.freeze(1_760_000_000)
    for number in range(12):
        sim.drop(ANNA, "Inbox", eml(f"mail {number}"))
        sim.clock.advance(60)
    first = graph.get("me/mailFolders/inbox/messages?$select=subject").json()
    assert [row["subject"] for row in first["value"]][:2] == ["mail 11", "mail 10"]
    rest = graph.get(first["@odata.nextLink"]).json()
    assert [row["subject"] for row in rest["value"]] == ["mail 1", "mail 0"]
    assert set(rest["value"][0]) == {"@odata.etag", "id", "subject"}
    many = graph.get("me/mailFolders/inbox/messages", "odata.maxpagesize=50").json()
    assert len(many["value"]) == 12 and "@odata.nextLink" not in many


def test_filters_and_order(sim, graph):
    for name in ("b", "a", "c"):
        sim.drop(ANNA, "Inbox", eml(name, Importance="high" if name == "a" else ""))
    path = "me/mailFolders/inbox/messages?$select=subject&"

    def found(query):
        answer = graph.get(path + query)
        assert answer.status_code == 200, answer.text
        return [row["subject"] for row in answer.json()["value"]]

    assert found("$orderby=subject") == ["a", "b", "c"]
    assert found("$orderby=subject desc") == ["c", "b", "a"]
    assert found("$filter=importance eq 'high'") == ["a"]
    assert found("$filter=from/emailAddress/address eq 'BOB@example.org'&$top=1")
    assert found("$filter=startswith(subject,'c') or subject eq 'b'") == ["c", "b"]
    assert found("$filter=not (subject eq 'a')") == ["c", "b"]
    counted = graph.get(path + "$count=true&$top=1").json()
    assert counted["@odata.count"] == 3
    wrong = graph.get(path + "$filter=isRead eq false&$orderby=subject")
    assert wrong.json()["error"]["code"] == "InefficientFilter"


@pytest.mark.parametrize(
    "query",
    ["$top=0", "$top=1001", "$select=foo", "$expand=foo", "$filter=(", "$top=1&$top=2"],
)
def test_bad_options(graph, query):
    answer = graph.get(f"me/mailFolders/inbox/messages?{query}")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] and set(error["innerError"]) == {
        "date",
        "request-id",
        "client-request-id",
    }


def test_patch_and_change_key(sim, graph):
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    path = f"me/messages/{item.id}"
    before = graph.get(path).json()
    changed = graph.call(
        "PATCH",
        path,
        json={"categories": ["Odoo"], "isRead": True, "importance": "HIGH"},
        headers={"If-Match": before["@odata.etag"]},
    )
    assert changed.status_code == 200
    after = changed.json()
    assert (after["categories"], after["importance"]) == (["Odoo"], "high")
    assert after["changeKey"] != before["changeKey"]
    stale = graph.call(
        "PATCH",
        path,
        json={"isRead": False},
        headers={"If-Match": before["@odata.etag"]},
    )
    assert stale.status_code == 412
    assert stale.json()["error"]["code"] == "ErrorIrresolvableConflict"
    stale = graph.call("DELETE", path, headers={"If-Match": before["@odata.etag"]})
    assert stale.status_code == 412
    assert graph.call("DELETE", path, headers={"If-Match": "*"}).status_code == 204


@pytest.mark.parametrize(
    "body", [{"foo": 1}, {"isRead": "yes"}, {"importance": "urgent"}, {"from": "x"}]
)
def test_patch_refuses_what_the_type_lacks(sim, graph, body):
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    answer = graph.call("PATCH", f"me/messages/{item.id}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "RequestBodyRead"


def test_extended_property_is_written_read_and_found(sim, graph):
    items = [sim.drop(ANNA, "Inbox", eml(name)) for name in "abc"]
    path = f"me/messages/{items[1].id}"
    value = {"id": MARK, "value": "db/42"}
    body = {"singleValueExtendedProperties": [value]}
    answer = graph.call("PATCH", path, json=body).json()
    assert "singleValueExtendedProperties" not in answer
    expand = f"$expand=singleValueExtendedProperties($filter=id eq '{MARK}')"
    read = graph.get(f"{path}?{expand}").json()
    assert read["singleValueExtendedProperties"] == [value]
    other = graph.get(f"me/messages/{items[0].id}?{expand}").json()
    assert "singleValueExtendedProperties" not in other
    query = (
        "$filter=singleValueExtendedProperties/Any(ep: ep/id eq "
        f"'{MARK}' and ep/value eq 'DB/42')"
    )
    found = graph.get(f"me/messages?{query}").json()["value"]
    assert [row["subject"] for row in found] == ["b"]
    everything = graph.get(path + "?$expand=singleValueExtendedProperties")
    assert everything.status_code == 400
    wrong = {"singleValueExtendedProperties": [{"id": "OdooRecord", "value": "1"}]}
    assert graph.call("PATCH", path, json=wrong).status_code == 400


def test_draft_from_json(graph):
    body = {
        "subject": "Draft",
        "body": {"contentType": "HTML", "content": "<p>Hi</p>"},
        "toRecipients": [{"emailAddress": {"address": "rufus@contoso.com"}}],
        "attachments": [
            {
                "@odata.type": "#microsoft.graph.fileAttachment",
                "name": "a.txt",
                "contentBytes": "aGk=",
            }
        ],
    }
    made = graph.post("me/messages", body)
    assert made.status_code == 201
    made = made.json()
    assert made["isDraft"] is True and made["hasAttachments"] is True
    assert made["body"]["contentType"] == "html"
    drafts = graph.get("me/mailFolders/drafts").json()
    assert made["parentFolderId"] == drafts["id"] and drafts["totalItemCount"] == 1
    mime = graph.get(f"me/messages/{made['id']}/$value").content
    assert b"Subject: Draft" in mime and b"rufus@contoso.com" in mime


def test_a_new_body_has_a_new_preview(graph):
    made = graph.post("me/messages", {"subject": "Draft"}).json()
    path = f"me/messages/{made['id']}"
    body = {"body": {"contentType": "html", "content": "<p>New <b>text</b></p>"}}
    changed = graph.call("PATCH", path, json=body).json()
    assert changed["bodyPreview"] == "New text"
    assert b"New <b>text" in graph.get(path + "/$value").content
    kept = graph.call("PATCH", path, json={"body": {"content": None}}).json()
    assert kept["body"] == changed["body"]


def test_a_received_message_needs_the_mapi_flags(graph):
    properties = [
        {"id": "Integer 0x0E07", "value": "1"},
        {"id": "SystemTime 0x0E06", "value": "2026-01-02T03:04:05Z"},
    ]
    body = {
        "subject": "Imported",
        "receivedDateTime": "2020-01-01T00:00:00Z",
        "singleValueExtendedProperties": properties,
    }
    made = graph.post("me/mailFolders/inbox/messages", body).json()
    assert made["isDraft"] is False
    assert made["receivedDateTime"] == "2026-01-02T03:04:05Z"


def test_draft_from_mime(graph):
    raw = base64.b64encode(eml("From MIME"))
    made = graph.call(
        "POST", "me/messages", data=raw, headers={"Content-Type": "text/plain"}
    )
    assert made.status_code == 201
    assert made.json()["isDraft"] is True and made.json()["subject"] == "From MIME"


def test_ids_are_translated(sim, graph):
    item = sim.drop(ANNA, "Inbox", eml("Hello"))

    def translated(key, source, target):
        body = {"inputIds": [key], "sourceIdType": source, "targetIdType": target}
        answer = graph.post("me/translateExchangeIds", body)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"][0]

    found = translated(item.id, "restId", "restImmutableEntryId")
    assert found == {"sourceId": item.id, "targetId": item.immutable_id}
    ews = translated(item.immutable_id, "restImmutableEntryId", "ewsId")["targetId"]
    assert "-" not in ews and "_" not in ews
    assert translated(ews, "ewsId", "restId")["targetId"] == item.id
    missing = translated("A" * 90, "restId", "ewsId")
    assert missing["errorDetails"]["code"] == "ErrorItemNotFound"


def test_deleting_is_soft(sim, graph):
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    key = item.immutable_id
    places = []
    for _step in range(2):
        assert graph.call("DELETE", f"me/messages/{key}").status_code == 204
        places.append(graph.get(f"me/messages/{key}").json()["parentFolderId"])
    known = sim.mailbox(ANNA).well_known
    assert places == [
        known["deleteditems"].id,
        known["recoverableitemsdeletions"].id,
    ]
    assert graph.call("DELETE", f"me/messages/{key}").status_code == 204
    answer = graph.call("DELETE", f"me/messages/{key}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "ErrorItemNotFound"


def test_copy(sim, graph, rich):
    answer = graph.post(f"me/messages/{rich.id}/copy", {"destinationId": "archive"})
    assert answer.status_code == 201 and answer.json()["id"] != rich.id
    assert graph.get(f"me/messages/{rich.id}").status_code == 200
