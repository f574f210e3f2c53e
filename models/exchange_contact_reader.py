import logging

from odoo import models
from odoo.tools import SQL

from .contact_notes import plain_text
from .contact_values import NOWHERE, Person, Place, contact_body

_logger = logging.getLogger(__name__)

PLACE_FIELDS = ("street", "street2", "city", "zip", "state_id", "country_id")
FIELDS = (
    "name",
    "complete_name",
    "is_company",
    "parent_id",
    "commercial_partner_id",
    "commercial_company_name",
    "company_name",
    "function",
    "email",
    "phone",
    "website",
    "comment",
    *PLACE_FIELDS,
)
RELATIVES_FIELDS = ("parent_id", "type", "phone", "website", *PLACE_FIELDS)
# Addresses below a contact that belong to it.
PARTS = ("delivery", "private")
# Fields of contacts that other addons bring, by what they mean.
OTHERS_FIELDS = {
    "mobile": ("mobile", "phone_mobile"),
    "birthday": ("birthdate_date", "birthday", "birthdate", "date_of_birth"),
    "given": ("firstname",),
    "surname": ("lastname",),
    "department": ("department_id", "department"),
}
FIELD_TYPES = {"birthday": ("date",), "department": ("char", "many2one")}
PHOTO_FIELD = "image_512"
# Where there is no company, or none that the user may read.
NOBODY = {"place": None, "website": ""}


class ExchangeContactReader(models.AbstractModel):
    """Reads addresses as their subscriber may see them, a page in a few queries.

    The rows come from the ORM's own search, with all rules of the user, and are not
    made records: of thousands of addresses that is most of the time.
    """

    _name = "exchange.contact.reader"
    _description = "Reading of Addresses for Outlook"

    def _read_bodies(self, account, partner_ids):
        """The contacts that addresses make, without those the account's user may not
        read.

        :return: {partner id: body, or the exception that making it raised}
        """
        user = account.user_id
        partners = self.env["res.partner"].with_user(user).sudo(False)
        partners = partners.with_context(lang=user.lang, active_test=True)
        others = self._others_fields(partners)
        rows = self._read_rows(
            partners, [("id", "in", list(partner_ids))], (*FIELDS, *others.values())
        )
        relatives, parts = self._read_relatives(partners, rows)
        around = [*rows.values(), *relatives.values()]
        names = self._read_names(partners, around)
        for row in around:
            row["place"] = self._place(row, names)
        more = self._read_tags(partners, list(rows))
        for partner_id, values in self._read_staff(partners, list(rows)).items():
            more[partner_id] = {**more.get(partner_id, {}), **values}
        bodies = {}
        for partner_id, row in rows.items():
            try:
                person = self._person(row, relatives, parts.get(partner_id), others)
                person |= more.get(partner_id, {})
                bodies[partner_id] = contact_body(Person(**person))
            except Exception as error:  # one odd contact does not keep out the others
                _logger.warning("res.partner %s: %r", partner_id, error)
                bodies[partner_id] = error
        return bodies

    def _read_rows(self, partners, domain, fields):
        """:return: {id: {field: value as in the database}} of what the user may read"""
        query = partners._search(domain)
        columns = [
            partners._field_to_sql(query.table, name, query) for name in ("id", *fields)
        ]
        return {
            values[0]: dict(zip(fields, values[1:], strict=True))
            for values in self.env.execute_query(query.select(*columns))
        }

    def _others_fields(self, partners):
        """:return: {meaning: name of the field} of those that are installed"""
        found = {}
        for meaning, names in OTHERS_FIELDS.items():
            for name in names:
                field = partners._fields.get(name)
                if (
                    field
                    and field.store
                    and field.type in FIELD_TYPES.get(meaning, ("char",))
                    and partners._has_field_access(field, "read")
                ):
                    found.setdefault(meaning, name)
        return found

    def _read_relatives(self, partners, rows):
        """The companies and delivery addresses around some addresses, as far as the
        user may read them.

        :return: ({id: row}, {parent id: {type: row}})
        """
        ids = {row["parent_id"] for row in rows.values()}
        ids |= {row["commercial_partner_id"] for row in rows.values()}
        domain = [
            "|",
            ("id", "in", list(ids - {None})),
            "&",
            ("parent_id", "in", list(rows)),
            ("type", "in", PARTS),
        ]
        found = self._read_rows(partners, domain, RELATIVES_FIELDS)
        parts = {}
        for _id, row in sorted(found.items(), reverse=True):
            if row["type"] in PARTS and row["parent_id"]:
                parts.setdefault(row["parent_id"], {})[row["type"]] = row
        return found, parts

    def _read_names(self, partners, rows):
        """:return: {field: {id: name}} of the countries and states of rows"""
        return {
            field: self._names(
                partners.env[model], {row[field] for row in rows} - {None}
            )
            for field, model in (
                ("country_id", "res.country"),
                ("state_id", "res.country.state"),
            )
        }

    def _names(self, model, ids):
        return {each.id: each.name for each in model.browse(ids)}

    def _read_tags(self, partners, ids):
        """:return: {partner id: {"tags": names of its tags}}"""
        rows = self.env.execute_query(
            SQL(
                """SELECT partner_id, category_id
                     FROM res_partner_res_partner_category_rel
                    WHERE partner_id = ANY(%s)""",
                ids,
            )
        )
        if not rows:
            return {}
        tags = partners.env["res.partner.category"]
        domain = [("id", "in", list({tag for _id, tag in rows}))]
        names = {tag.id: tag.name for tag in tags.search_fetch(domain, ["name"])}
        found = {}
        for partner_id, tag in rows:
            if tag in names:
                mine = found.setdefault(partner_id, {"tags": []})
                mine["tags"].append(names[tag])
        return found

    def _read_staff(self, partners, ids):
        """:return: {partner id: what is publicly known of the employee whose work
        contact it is}, where there are employees"""
        if "hr.employee.public" not in self.env:
            return {}
        employees = partners.env["hr.employee.public"]
        if not employees.has_access("read"):
            return {}
        # A view, which is not told of what is written to its tables.
        employees.invalidate_model()
        found = {}
        for each in employees.search([("work_contact_id", "in", ids)]):
            values = {
                "department": each.department_id.name,
                "function": each.job_title,
                "mobile": each.mobile_phone,
            }
            found[each.work_contact_id.id] = {k: v for k, v in values.items() if v}
        return found

    def _person(self, row, relatives, parts, others):
        """:return: values of a ``Person``

        :param parts: {type: row} of the addresses below it, or None
        """
        company = relatives.get(row["commercial_partner_id"]) or NOBODY
        parent = relatives.get(row["parent_id"]) or NOBODY
        business = row["place"] or parent["place"] or company["place"] or NOWHERE
        above = company["place"] or parent["place"] or NOWHERE
        name, notes = (row["name"] or "").strip(), row["comment"]
        person = {
            "name": name or (row["complete_name"] or "").strip(" ,"),
            "whole": not name,
            "is_company": row["is_company"],
            "company": row["commercial_company_name"] or row["company_name"] or "",
            "function": row["function"] or "",
            "emails": row["email"] or "",
            "phone": row["phone"] or "",
            "business": business,
            # Where no delivery address is, the company's beside the own one.
            "delivery": above if above != business else NOWHERE,
            "website": row["website"] or company["website"] or "",
            "notes": plain_text(notes) if notes else "",
        }
        if parts:
            person |= self._person_parts(parts)
        if others:
            person |= self._person_others(row, others)
        return person

    def _person_parts(self, parts):
        """:return: what of a ``Person`` the addresses below it give"""
        values = {}
        if "delivery" in parts:
            values["delivery"] = parts["delivery"]["place"] or NOWHERE
        if "private" in parts:
            values["home"] = parts["private"]["place"] or NOWHERE
            values["home_phone"] = parts["private"]["phone"] or ""
        return values

    def _person_others(self, row, others):
        """:return: what of a ``Person`` the fields of other addons give"""
        values = {meaning: row[name] for meaning, name in others.items() if row[name]}
        if isinstance(values.get("department"), int):
            field = self.env["res.partner"]._fields[others["department"]]
            department = self.env[field.comodel_name].sudo()
            values["department"] = department.browse(values["department"]).display_name
        return values

    def _place(self, row, names):
        """:return: the ``Place`` of a row, None where it has none"""
        if not (row["street"] or row["city"] or row["zip"]):
            return None
        return Place(
            row["street"] or "",
            row["street2"] or "",
            row["city"] or "",
            names["state_id"].get(row["state_id"], ""),
            row["zip"] or "",
            names["country_id"].get(row["country_id"], ""),
        )

    def _photo_hashes(self, partner_ids):
        """:return: {partner id: digest of its own picture}, without reading one"""
        self.env["ir.attachment"].flush_model()
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT res_id, max(checksum) FROM ir_attachment
                        WHERE res_model = 'res.partner' AND res_field = %s
                          AND res_id = ANY(%s) AND checksum IS NOT NULL
                        GROUP BY res_id""",
                    PHOTO_FIELD,
                    list(partner_ids),
                )
            )
        )
