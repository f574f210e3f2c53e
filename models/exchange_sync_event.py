import logging
from functools import partial

from psycopg2.errors import ForeignKeyViolation, UniqueViolation
from psycopg2.extensions import TransactionRollbackError

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import mute_logger

from ..client import ClientError, NotFound, SyncStateExpired, prefetch
from . import error_words
from .calendar_event import QUIET
from .event_plan import Wish
from .event_run import EventRun
from .event_times import NoTime
from .event_values import Series, anonymous, is_private, parse_event
from .exchange_sync import Probe
from .run_log import Item
from .transactions import analyze, commit, ends_page, rollback

_logger = logging.getLogger(__name__)

# Events that are written in one transaction.
CHUNK = 200
ATTEMPTS = 4
# Somebody else has been working on the same events.
DISTURBANCES = (TransactionRollbackError, UniqueViolation, ForeignKeyViolation)
# More than these are not remembered one by one.
MOST_FAILED = 1000
# After so many new events the database looks at its tables again.
ANALYZE_AFTER = 1000
TABLES = (
    "calendar_event",
    "calendar_attendee",
    "calendar_event_res_partner_rel",
    "exchange_event_link",
)


class ExchangeSyncEvent(models.AbstractModel):
    """Events of the calendar into Odoo's, page by page: read, compare, write, commit
    together with the place to go on from; meanwhile the next page is read."""

    _name = "exchange.sync.event"
    _inherit = [
        "exchange.event.preview",
        "exchange.sync",
        "exchange.event.apply",
        "exchange.event.upkeep",
    ]
    _description = "Exchange Synchronisation of Events"

    _sync_kind = "event"
    _sync_sequence = 20

    def _hindrance(self, account):
        return account._other_calendar_sentence()

    def _probe_links(self, account):
        return self._glance_links(account)[account.id]

    def _glance_links(self, accounts):
        """One query, as most accounts have nothing to do most of the time."""
        found = self.env["exchange.calendar"]._positions(accounts)
        return {
            account_id: Probe([link] if link else [], must_run)
            for account_id, (link, must_run) in found.items()
        }

    def _run(self, account, mailbox, pages, log):
        self = self.with_context(**QUIET, lang=account.user_id.lang)  # noqa: PLW0642
        run = self._begin(account.with_env(self.env), mailbox, log)
        calendar = run.calendar
        run.full = calendar.state != "done"
        if calendar.state == "new" or calendar._needs_new_round():
            self._begin_round(run)
        run.new_day = calendar.day < fields.Date.today()
        self._read_changes(run, pages.get(calendar.delta_link))
        if run.careful:
            self._tell_careful(run)
        for work in (
            self._check_unseen,
            self._read_strip,
            self._reread,
            self._retry_failed,
        ):
            if log.unfinished:
                return
            work(run)
        self._remind(run)

    def _remind(self, run):
        """Whoever has Odoo open is reminded of what is new, too; a screen that is
        opened later asks by itself."""
        if not run.soon:
            return
        user = run.account.user_id
        online = [("user_id", "=", user.id), ("status", "!=", "offline")]
        if self.env["mail.presence"].sudo().search_count(online):
            self.env["calendar.alarm_manager"]._notify_next_alarm([run.partner_id])
            commit(self.env)

    def _read_changes(self, run, first):
        """A round, begun anew where the server has forgotten where we were: then all
        is read, and at the end it is seen what was not seen."""
        for attempts_left in reversed(range(ATTEMPTS)):
            try:
                self._run_round(run, first)
                return
            except (SyncStateExpired, NotFound) as error:
                # There is always a calendar: it is the position that is not found.
                lost = isinstance(error, NotFound) and not run.calendar.delta_link
                if lost or not attempts_left:
                    raise
                _logger.info("%s: sync state expired, reading all", run.calendar)
                rollback(self.env)
                run.log.restore()
                run.forget()
                self._begin_round(run)
                first = None

    def _begin_round(self, run):
        run.full = True
        run.calendar._begin_round()
        commit(self.env)

    def _begin(self, account, mailbox, log):
        calendar = self.env["exchange.calendar"]._of_account(account)
        run = EventRun(
            account, calendar, mailbox, log, None, account.user_id.partner_id.id
        )
        if account.requested_kinds or calendar.day != fields.Date.today():
            run.retry_ids = tuple(calendar.failed_ids or ())
        return run

    def _wish(self, run, day):
        """What is taken in on a day."""
        start, end = run.calendar._edges(run.account, day)
        return Wish(
            start,
            end,
            run.account.event_private or "details",
            frozenset(run.account._event_category_names()),
        )

    def _run_round(self, run, first):
        """All pages of a round, beginning with a probed one if there is."""
        if isinstance(first, ClientError):
            raise first
        calendar = run.calendar
        run.wish = self._wish(run, calendar.day)
        pages = run.mailbox.events.rounds(
            calendar._window(),
            calendar.delta_link or None,
            first=first,
            fresh=calendar.state == "reading",
        )
        with prefetch(pages) as ahead:
            for page in ahead:
                self._apply_page(run, page, page.delta_link or page.next_link)
                if run.log.is_over():
                    return

    # One page

    def _apply_page(self, run, page, link=None):
        """Apply a page and make it durable together with the place to go on from.

        A page with long series is committed in parts, the place with the last one.
        """
        self._look_for_missing(run, page)
        copies, failures = self._copies(run, page)
        run.log.expect(len(copies) + len(failures), page.next_link)
        parts = [copies[at : at + CHUNK] for at in range(0, len(copies), CHUNK)] or [[]]
        for part in parts[:-1]:
            self._durably(run, partial(self._apply_part, run, part))

        def work():
            self._apply_part(run, parts[-1], page.gone)
            self._note_failures(run, failures)
            if link:
                self._note_position(run, page, link)

        self._durably(run, work)
        self._analyze(run)

    def _note_position(self, run, page, link):
        vals = {"delta_link": link}
        if page.delta_link and run.calendar.state == "reading":
            vals["state"] = "checking"
        run.calendar.write(vals)

    def _apply_part(self, run, copies, gone=()):
        """Apply all at once; one by one where that fails, so that one bad event does
        not keep the others out."""
        run.log.count("found", len(copies))
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                items = self._apply_copies(run, copies, gone)
        except Exception as error:
            disturbed = isinstance(error, DISTURBANCES) and run.patient
            if ends_page(error) or disturbed:
                raise
            _logger.info(
                "%s: a page has to be applied one by one: %s", run.calendar, error
            )
            run.forget()
            items = self._apply_each(run, copies, gone)
        run.log.note(items)
        run.created += sum(item.outcome == "created" for item in items)

    def _apply_each(self, run, copies, gone):
        items, failures = [], []
        for part in [[copy] for copy in copies] + ([[]] if gone else []):
            try:
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    items += self._apply_copies(run, part, () if part else gone)
            except Exception as error:
                if ends_page(error):
                    raise
                _logger.warning("An event could not be taken over", exc_info=True)
                run.forget()
                sentence = self._failure_sentence(error)
                for copy in part:
                    private = self.env._("Private event") if copy.own.private else ""
                    name = private or copy.content.name
                    failures.append((copy.remote_id, name, sentence))
        self._note_failures(run, failures)
        return items

    def _failure_sentence(self, error):
        if isinstance(error, UserError):
            return str(error)
        return self.env._(
            "It could not be taken over. Your administrator finds the reason in the "
            "log. It is tried again tomorrow, and when you press Synchronise."
        )

    def _note_failures(self, run, failures):
        """Count what could not be taken over, and remember it to be tried again.

        :param failures: list of (remote id, subject, sentence)
        """
        if not failures:
            return
        ids = {remote_id for remote_id, _name, _sentence in failures}
        known = set(run.calendar.failed_ids or ())
        if ids - known:
            run.calendar.failed_ids = sorted(known | ids)[:MOST_FAILED]
        for _remote_id, name, sentence in failures:
            run.log.note([Item("event", "failed", name or "", sentence)])
            run.log.error(f"{name or self.env._('An event')}: {sentence}")

    def _durably(self, run, work):
        """Do ``work`` and commit it; once more when another worker was quicker."""
        for attempts_left in reversed(range(ATTEMPTS)):
            run.patient = attempts_left > 0
            try:
                work()
                run.log.save()
                commit(self.env)
                self.env.invalidate_all()
                return
            except DISTURBANCES:
                rollback(self.env)
                run.log.restore()
                run.forget()
                if not attempts_left:
                    raise

    def _copies(self, run, page):
        """The events of a page in plain values.

        :return: (list of ``EventCopy``, list of (remote id, subject, sentence))
        """
        copies, masters = [], {}
        failures = self._unreadable(run, page.failed)
        for item in page.items:
            master_id = item.get("seriesMasterId")
            if master_id and master_id not in page.masters:
                continue  # gone meanwhile, or among the failures
            try:
                if master_id and master_id not in masters:
                    masters[master_id] = Series(page.masters[master_id])
                copies.append(self._copy(run, item, masters.get(master_id)))
            except NoTime:
                sentence = self.env._("It does not say when it is.")
                failures.append((item["id"], self._title(item), sentence))
            except Exception as error:
                _logger.warning("An event could not be understood", exc_info=True)
                sentence = self._failure_sentence(error)
                failures.append((item["id"], self._title(item), sentence))
        return copies, failures

    def _unreadable(self, run, errors):
        """What to say of events that are there and cannot be read.

        :param errors: {remote id, also of a series: ``ClientError``}
        :return: list of (remote id, subject, sentence)
        """
        links = self.env["exchange.event.link"]
        ids, names = list(errors), {}
        known = links._known(run.account, ids, masters=ids) if ids else ()
        events = self.env["calendar.event"].browse({link.event_id for link in known})
        subjects = {event.id: event.name for event in events}
        for link in known:
            private = self.env._("Private event") if link.own.private else ""
            name = private or subjects[link.event_id]
            names |= dict.fromkeys((link.remote_id, link.series_master_id), name)
        return [
            (
                remote_id,
                names.get(remote_id, ""),
                self.env._(
                    "It cannot be read in Outlook, and stays as it is. %(error)s",
                    error=error_words.sentence(self.env, error, run.account),
                ),
            )
            for remote_id, error in errors.items()
        ]

    def _title(self, item):
        """What the log calls an event that could not be understood: administrators
        read it, too."""
        if is_private(item):
            return self.env._("Private event")
        subject = item.get("subject")
        return subject if isinstance(subject, str) else ""

    def _copy(self, run, item, master):
        copy = parse_event(item, master)
        if copy.own.private and run.wish.private == "busy":
            return anonymous(copy, run.account.id, self.env._("Busy"))
        return copy

    def _look_for_missing(self, run, page):
        """Ask what became of events that are not among the instances of their series
        any more: they are gone, or have been moved out of the window."""
        page.gone |= self._former_singles(run, page)
        missing = self._missing_instances(run, page)
        if missing:
            window = run.calendar._window()
            page.merge(run.mailbox.events.look_up(missing, window))

    def _former_singles(self, run, page):
        """Remote ids of events that have become series, of which nothing is here."""
        ids = page.masters.keys() - {item.get("seriesMasterId") for item in page.items}
        links = self.env["exchange.event.link"]
        domain = [("account_id", "=", run.account.id), ("remote_id", "in", list(ids))]
        return set(links.search(domain).mapped("remote_id")) if ids else set()

    def _missing_instances(self, run, page):
        """Remote ids of events in the window that their series does not list."""
        if not page.whole:
            return []
        present = {item["id"] for item in page.items} | page.failed.keys()
        links = self.env["exchange.event.link"].search_fetch(
            [
                ("account_id", "=", run.account.id),
                ("series_master_id", "in", list(page.whole - page.gone)),
                ("event_id.start", "<", run.calendar.window_end),
                ("event_id.stop", ">", run.calendar.window_start),
            ],
            ["remote_id"],
        )
        return [link.remote_id for link in links if link.remote_id not in present]

    def _analyze(self, run):
        """Tell the database how large its tables have become, once."""
        if run.created >= ANALYZE_AFTER and not run.analyzed:
            run.analyzed = True
            analyze(self.env, TABLES)
