from odoo import models
from odoo.tools import SQL, html2plaintext

from .contact_values import NOWHERE, Person, Place, contact_body

PLACE_FIELDS = ("street", "street2", "city", "zip", "state_id", "country_id")
FIELDS = (
    "name",
    "complete_name",
    "is_company",
    "parent_id",
    "commercial_partner_id",
    "commercial_company_name",
    "company_name",
    "type",
    "function",
    "email",
    "phone",
    "website",
    "comment",
    "category_id",
    *PLACE_FIELDS,
)
# Fields of contacts that other addons bring, by what they mean.
OTHERS_FIELDS = {
    "mobile": ("mobile", "phone_mobile"),
    "birthday": ("birthdate_date", "birthday", "birthdate", "date_of_birth"),
    "given": ("firstname",),
    "surname": ("lastname",),
    "department": ("department_id", "department"),
}
FIELD_TYPES = {"birthday": "date"}
PHOTO_FIELD = "image_512"


class ExchangeContactReader(models.AbstractModel):
    """Reads addresses as their subscriber may see them, a page in a few queries."""

    _name = "exchange.contact.reader"
    _description = "Reading of Addresses for Outlook"

    def _read_bodies(self, account, partner_ids):
        """The contacts that addresses make, without those the account's user may not
        read.

        :return: {partner id: body}
        """
        user = account.user_id
        partners = self.env["res.partner"].with_user(user).sudo(False)
        partners = partners.with_context(
            lang=user.lang, active_test=True, prefetch_langs=False, bin_size=True
        )
        names = self._others_fields(partners)
        fields = [*FIELDS, *names.values()]
        found = partners.search_fetch(
            [("id", "in", list(partner_ids))], fields, order="id"
        )
        near = self._read_relatives(found)
        staff = self._read_staff(found)
        return {
            partner.id: contact_body(
                self._person(partner, near, names, staff.get(partner.id))
            )
            for partner in found
        }

    def _others_fields(self, partners):
        """:return: {meaning: name of the field} of those that are installed"""
        found = {}
        for meaning, names in OTHERS_FIELDS.items():
            for name in names:
                field = partners._fields.get(name)
                wanted = FIELD_TYPES.get(meaning)
                if (
                    field
                    and (not wanted or field.type == wanted)
                    and partners._has_field_access(field, "read")
                ):
                    found[meaning] = name
                    break
        return found

    def _read_relatives(self, partners):
        """The companies and delivery addresses around some addresses, as far as the
        user may read them, in one reading.

        :return: ({id: partner}, {parent id: {type: partner}})
        """
        ids = {p.parent_id.id for p in partners} | {
            p.commercial_partner_id.id for p in partners
        }
        domain = [
            "|",
            ("id", "in", list(ids - {False})),
            "&",
            ("parent_id", "in", partners.ids),
            ("type", "in", ["delivery", "private"]),
        ]
        fields = ["parent_id", "type", "phone", "website", *PLACE_FIELDS]
        found = partners.search_fetch(domain, fields, order="id desc")
        below = {}
        for partner in found:
            if partner.type in ("delivery", "private") and partner.parent_id:
                below.setdefault(partner.parent_id.id, {})[partner.type] = partner
        return {partner.id: partner for partner in found}, below

    def _read_staff(self, partners):
        """:return: {partner id: public record of the employee whose work contact it is}
        where there are employees"""
        if "hr.employee.public" not in self.env:
            return {}
        employees = partners.env["hr.employee.public"]
        if not employees.has_access("read"):
            return {}
        found = employees.search_fetch(
            [("work_contact_id", "in", partners.ids)],
            ["work_contact_id", "department_id", "job_title", "mobile_phone"],
        )
        return {each.work_contact_id.id: each for each in found}

    def _person(self, partner, near, names, employee):
        """:return: the ``Person`` of a partner"""
        relatives, below = near
        company = relatives.get(partner.commercial_partner_id.id)
        parent = relatives.get(partner.parent_id.id)
        own = self._place(partner)
        values = {meaning: partner[name] for meaning, name in names.items()}
        if "department" in values and not isinstance(values["department"], str):
            values["department"] = values["department"].display_name or ""
        if employee:
            values["department"] = employee.department_id.name or ""
            values["mobile"] = values.get("mobile") or employee.mobile_phone or ""
        around = below.get(partner.id, {})
        private = around.get("private")
        return Person(
            name=partner.name or partner.complete_name or "",
            is_company=partner.is_company,
            company=partner.commercial_company_name or partner.company_name or "",
            function=partner.function or (employee and employee.job_title) or "",
            emails=partner.email or "",
            phone=partner.phone or "",
            business=own
            or (parent and self._place(parent))
            or (company and self._place(company))
            or NOWHERE,
            delivery=self._place(around.get("delivery")) or NOWHERE,
            home=self._place(private) or NOWHERE,
            home_phone=private.phone or "" if private else "",
            website=partner.website or (company and company.website) or "",
            notes=html2plaintext(partner.comment) if partner.comment else "",
            tags=tuple(tag.name for tag in partner.category_id),
            **{
                key: value or Person._field_defaults[key]
                for key, value in values.items()
            },
        )

    def _place(self, partner):
        """:return: the ``Place`` of a partner, None where it has none"""
        if not partner or not (partner.street or partner.city or partner.zip):
            return None
        return Place(
            partner.street or "",
            partner.street2 or "",
            partner.city or "",
            partner.state_id.name or "",
            partner.zip or "",
            partner.country_id.name or "",
        )

    def _photo_hashes(self, partner_ids):
        """:return: {partner id: digest of its own picture}, without reading one"""
        self.env["ir.attachment"].flush_model()
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT res_id, checksum FROM ir_attachment
                        WHERE res_model = 'res.partner' AND res_field = %s
                          AND res_id = ANY(%s) AND checksum IS NOT NULL""",
                    PHOTO_FIELD,
                    list(partner_ids),
                )
            )
        )
