import uuid

from odoo import models

from .addresses import canonical
from .bulk_rows import insert_relations, insert_rows, is_plain
from .event_plan import attending


class ExchangeEventPeople(models.AbstractModel):
    """Who is meant by the addresses of an event. Nobody is ever created."""

    _name = "exchange.event.people"
    _description = "People of Events"

    def _learn_people(self, run, copies):
        """Look up all addresses of copies that are not known yet, in few queries.

        Mailboxes that are connected first, with all of their addresses; then contacts
        that the account's user may read, colleagues before others.
        """
        if not copies:
            return
        if not run.people:
            run.people.update(self._mailbox_partners(run))
        wanted = {
            person.email
            for copy in copies
            for person in (copy.content.organizer, *copy.content.attendees)
            if person and person.email
        }
        missing = wanted - run.people.keys()
        if not missing:
            return
        found = self._readable_partners(run, missing)
        run.people.update(dict.fromkeys(missing, False))
        for address, partners in found.items():
            run.people[address] = partners.sorted("partner_share")[:1].id
        everybody = self.env["res.partner"].union(*found.values())
        self._learn_users(run, everybody.filtered(lambda one: not one.partner_share))

    def _readable_partners(self, run, addresses):
        """:return: {address: contacts}, as far as the account's user may read them"""
        user = run.account.user_id
        partners = self.env["res.partner"].with_user(user)
        partners = partners.with_context(
            allowed_company_ids=user.company_ids.ids, active_test=True
        )
        return partners._exchange_by_address(addresses, ["partner_share"])

    def _learn_users(self, run, partners):
        """Note the internal users behind contacts."""
        if partners:
            users = self.env["res.users"].sudo()
            users = users.search_fetch(
                [("partner_id", "in", partners.ids), ("share", "=", False)],
                ["partner_id"],
            )
            run.users.update({user.partner_id.id: user.id for user in users})

    def _mailbox_partners(self, run):
        """Everybody with a connected mailbox. :return: {address: partner id}"""
        accounts = self.env["exchange.account"].sudo()
        accounts = accounts.with_context(active_test=True).search_fetch(
            [("state", "!=", "draft")],
            ["addresses", "login", "state", "user_id"],
            order="id",
        )
        users = accounts.user_id
        users.fetch(["partner_id"])
        run.users.update({user.partner_id.id: user.id for user in users})
        followed = accounts.filtered(lambda account: account.state == "connected")
        run.followed = set(followed.user_id.partner_id.ids)
        people = {}
        for account in accounts:
            for address in [*(account.addresses or ()), account.login]:
                if address:
                    partner = account.user_id.partner_id
                    people.setdefault(canonical(address.strip()), partner.id)
        for address in run.account.addresses or ():
            people[canonical(address.strip())] = run.account.user_id.partner_id.id
        return people

    def _listed(self, run, content):
        """Whom the copy names. :return: ({partner id: state}, [unknown persons])"""
        listed, unknown = {}, []
        organizer = content.organizer and run.people.get(content.organizer.email)
        # Whether a user still has it that he invited others to, his calendar tells.
        if organizer and content.attendees and organizer not in run.followed:
            listed[organizer] = "accepted"
        for person in content.attendees:
            partner_id = run.people.get(person.email)
            if partner_id and partner_id == organizer:
                continue
            if partner_id:
                listed.setdefault(partner_id, person.state)
            else:
                unknown.append(person)
        return listed, unknown

    def _user_of(self, run, person):
        """The id of the internal user who is meant, or False."""
        partner_id = person and run.people.get(person.email)
        return run.users.get(partner_id, False) if partner_id else False

    def _invited(self, run, copy, left):
        """Who attends a new event. :return: {partner id: state}"""
        listed, _unknown = self._listed(run, copy.content)
        members = [self._member(run, copy)]
        return attending(listed, members, left.get(copy.key, ()))

    def _invite(self, events, states):
        """Let contacts attend new events.

        :param states: of each event {partner id: answer}
        """
        pairs = [
            (event.id, partner_id, state)
            for event, invited in zip(events, states, strict=True)
            for partner_id, state in invited.items()
        ]
        partners = self.env["res.partner"].browse({pair[1] for pair in pairs})
        names = {each.id: each.name or each.email for each in partners}
        vals_list = [
            {
                "event_id": event_id,
                "partner_id": partner_id,
                "common_name": names[partner_id],
                "state": state,
                "access_token": uuid.uuid4().hex,
            }
            for event_id, partner_id, state in pairs
        ]
        attendees = self.env["calendar.attendee"]
        if vals_list and is_plain(attendees, vals_list[0]):
            insert_rows(attendees, vals_list)
        else:
            attendees.create(vals_list)
        insert_relations(events, "partner_ids", [pair[:2] for pair in pairs])
        events.invalidate_recordset()
