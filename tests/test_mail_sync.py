from odoo.tests import tagged

from .common import PIXEL, ExchangeCase, attach_eml, make_eml, signed_eml


@tagged("post_install", "-at_install")
class TestMailSync(ExchangeCase):
    """Mails of the transfer folders in the chatter of the right contact."""

    def test_incoming_mail_is_filed_on_its_sender(self):
        account = self.new_account()
        ada = self.partner()
        self.drop(account, subject="Grüße aus Köln", html="<p>Hello <b>you</b></p>")
        run = account.sync()
        self.assertEqual((run.state, run.filed, run.error), ("done", 1, False))
        message = self.messages_of(ada)
        self.assertEqual(len(message), 1)
        self.assertEqual(message.subject, "Grüße aus Köln")
        self.assertEqual(message.author_id, ada)
        self.assertIn("<b>you</b>", message.body)
        self.assertEqual(str(message.date), "2026-11-10 08:30:00")

    def test_second_run_changes_nothing(self):
        account = self.new_account()
        ada = self.partner()
        self.drop(account)
        account.sync()
        run = account.sync()
        self.assertEqual((run.state, run.found), ("done", 0))
        self.assertEqual(len(self.messages_of(ada)), 1)

    def test_over_graph_with_password(self):
        account = self.new_account(server=self.office)
        ada = self.partner()
        self.drop(account)
        run = account.sync()
        self.assertEqual((run.state, run.filed, run.error), ("done", 1, False))
        self.assertEqual(len(self.messages_of(ada)), 1)

    def test_outgoing_mail_is_filed_on_every_recipient(self):
        account = self.new_account()
        ada, bob = self.partner(), self.partner("bob@customer.example", name="Bob")
        self.drop(
            account,
            make_eml(
                sender=account.login,
                to="ada@customer.example, Nobody <nobody@nowhere.example>",
                cc="Bob <BOB@customer.example>",
            ),
            "outgoing",
        )
        account.sync()
        for partner in (ada, bob):
            self.assertEqual(len(self.messages_of(partner)), 1)
            self.assertEqual(
                self.messages_of(partner).author_id, account.user_id.partner_id
            )

    def test_unknown_sender_waits_complete(self):
        account = self.new_account()
        self.drop(
            account,
            subject="Who am I?",
            html='<p>Look: <img src="cid:pic"></p>',
            inline=[("pic", PIXEL, "image/png")],
            attachments=[("offer.pdf", b"%PDF-1.4 x", "application/pdf")],
        )
        run = account.sync()
        self.assertEqual((run.waiting, run.filed), (1, 0))
        mail = self.env["exchange.mail"].with_user(account.user_id).search([])
        self.assertEqual(mail.state, "to_assign")
        self.assertEqual(mail.waiting_addresses, ["ada@customer.example"])
        self.assertFalse(mail.candidate_ids)
        self.assertIn("/web/image/", mail.body)
        names = mail.attachment_ids.mapped("name")
        self.assertIn("offer.pdf", names)
        pdf = mail.attachment_ids.filtered(lambda part: part.name == "offer.pdf")
        self.assertEqual(pdf.raw, b"%PDF-1.4 x")
        self.assertEqual((pdf.res_model, pdf.res_id), ("exchange.mail", mail.id))

    def test_ambiguous_sender_waits_with_its_candidates(self):
        account = self.new_account()
        both = self.partner() + self.partner(name="Ada at home")
        self.drop(account)
        account.sync()
        mail = self.mails_of(account)
        self.assertEqual(mail.state, "to_assign")
        self.assertEqual(mail.candidate_ids, both)
        self.assertFalse(self.messages_of(both[0]) + self.messages_of(both[1]))

    def test_inline_picture_and_attachments_survive(self):
        account = self.new_account()
        ada = self.partner()
        inner = make_eml(subject="Inner", sender="inner@customer.example")
        raw = make_eml(
            html='<p>Chart: <img src="cid:chart@1"/></p>',
            inline=[("chart@1", PIXEL, "image/png")],
            attachments=[("täglich.csv", b"a;b", "text/csv")],
        )
        self.drop(account, attach_eml(raw, inner))
        account.sync()
        message = self.messages_of(ada)
        parts = {part.name: part for part in message.attachment_ids}
        self.assertEqual(parts["täglich.csv"].raw, b"a;b")
        forwarded = [part for name, part in parts.items() if name.endswith(".eml")]
        self.assertEqual(len(forwarded), 1, list(parts))
        self.assertIn(b"Subject: Inner", forwarded[0].raw)
        picture = message.attachment_ids.filtered(lambda part: part.raw == PIXEL)
        self.assertEqual(len(picture), 1)
        self.assertIn(f"/web/image/{picture.id}?access_token=", message.body)
        for part in message.attachment_ids:
            self.assertEqual((part.res_model, part.res_id), ("res.partner", ada.id))

    def test_two_users_file_the_same_mail_once(self):
        first, second = self.new_account(), self.new_account()
        ada = self.partner()
        raw = make_eml(to=f"{first.login}, {second.login}")
        for account in (first, second):
            self.drop(account, raw)
        first.sync()
        run = second.sync()
        self.assertEqual((run.duplicate, run.filed), (1, 0))
        self.assertEqual(len(self.messages_of(ada)), 1)
        self.assertEqual(len(self.mails_of(first).source_ids), 2)
        self.assertEqual(second.sync().found, 0)

    def test_colleague_received_what_another_sent(self):
        sender, reader = self.new_account(), self.new_account()
        ada = self.partner()
        raw = make_eml(sender=sender.login, to="ada@customer.example", cc=reader.login)
        self.drop(reader, raw)
        self.drop(sender, raw, "outgoing")
        reader.sync()
        sender.sync()
        self.assertEqual(len(self.messages_of(sender.user_id.partner_id)), 1)
        self.assertEqual(len(self.messages_of(ada)), 1)

    def test_mail_without_message_id_is_filed_once(self):
        first, second = self.new_account(), self.new_account()
        ada = self.partner()
        self.sim.quirks.message_id = None
        self.addCleanup(setattr, self.sim.quirks, "message_id", "")
        raw = make_eml(message_id="", to=f"{first.login}, {second.login}")
        for account in (first, second):
            self.drop(account, raw)
            account.sync()
        self.assertEqual(len(self.messages_of(ada)), 1)

    def test_copy_in_the_same_mailbox_is_filed_once(self):
        account = self.new_account()
        ada = self.partner()
        raw = make_eml()
        self.drop(account, raw)
        self.drop(account, raw)
        account.sync()
        self.assertEqual(len(self.messages_of(ada)), 1)
        self.assertEqual(account.sync().found, 0)

    def test_reply_goes_to_the_record_and_to_the_contact(self):
        account = self.new_account()
        ada = self.partner()
        event = self.env["res.partner"].create({"name": "The project"})
        asked = event.message_post(
            body="Question", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.drop(account, headers={"In-Reply-To": asked.message_id})
        account.sync()
        reply = self.messages_of(event)
        self.assertEqual(reply.parent_id, asked)
        self.assertEqual(len(self.messages_of(ada)), 1)

    def test_references_find_the_thread_too(self):
        account = self.new_account()
        record = self.env["res.partner"].create({"name": "The project"})
        asked = record.message_post(body="Question")
        self.drop(
            account, headers={"References": f"<far@x.example> {asked.message_id}"}
        )
        run = account.sync()
        self.assertEqual((run.filed, run.waiting), (1, 0))
        self.assertEqual(len(self.messages_of(record)), 1)

    def test_mail_that_odoo_sent_is_not_filed_again(self):
        account = self.new_account()
        ada = self.partner()
        sent = ada.message_post(body="From Odoo", message_type="comment")
        self.drop(
            account,
            make_eml(sender=account.login, to=ada.email, message_id=sent.message_id),
            "outgoing",
        )
        run = account.sync()
        self.assertEqual((run.duplicate, run.filed), (1, 0))
        self.assertFalse(self.messages_of(ada))

    def test_mail_that_odoo_sent_is_recognised_under_another_message_id(self):
        account = self.new_account()
        ada = self.partner()
        sent = ada.message_post(body="From Odoo", message_type="comment")
        cases = (
            {"X-Microsoft-Original-Message-ID": sent.message_id},
            {"X-Odoo-Objects": "res.partner-1", "References": sent.message_id},
        )
        for headers in cases:
            raw = make_eml(sender=account.login, to=ada.email, headers=headers)
            self.drop(account, raw, "outgoing")
        answer = make_eml(headers={"References": sent.message_id})
        self.drop(account, answer)
        run = account.sync()
        self.assertEqual((run.duplicate, run.filed), (2, 1))
        self.assertEqual(self.messages_of(ada).parent_id, sent)

    def test_deleted_in_outlook_only_after_the_transfer_and_only_on_wish(self):
        account = self.new_account()
        self.partner()
        kept = self.drop(account)
        account.sync()
        self.assertTrue(self.in_folder(account, kept))
        account.mail_delete_after_transfer = True
        gone = self.drop(account)
        waiting = self.drop(account, sender="unknown@customer.example")
        run = account.sync()
        self.assertEqual(run.deleted, 2)
        self.assertTrue(self.in_folder(account, kept))
        self.assertFalse(self.in_folder(account, gone))
        self.assertFalse(self.in_folder(account, waiting))
        self.assertEqual(account.sync().found, 0)

    def test_nothing_leaves(self):
        account = self.new_account()
        ada = self.partner()
        follower = self.partner("follower@customer.example", name="Follower")
        ada.message_subscribe((follower + account.user_id.partner_id).ids)
        counted = ("mail.mail", "mail.notification", "mail.activity")
        before = [self.env[model].search_count([]) for model in counted]
        for number in range(3):
            self.drop(account, subject=f"Mail {number}")
        self.drop(account, sender="unknown@customer.example")
        account.sync()
        self.assertEqual(len(self.messages_of(ada)), 3)
        self.assertFalse(self.messages_of(ada).notified_partner_ids)
        after = [self.env[model].search_count([]) for model in counted]
        self.assertEqual(after, before)

    def test_odd_mails(self):
        """300 recipients, an empty body, a date in the future, a large attachment."""
        account = self.new_account()
        ada = self.partner()
        many = ", ".join(f"p{number}@customer.example" for number in range(299))
        self.drop(account, to=f"{account.login}, {many}", subject="many")
        self.drop(account, text="", subject="empty")
        self.drop(account, date="Fri, 01 Jan 2055 00:00:00 +0000", subject="future")
        large = bytes(range(256)) * (20 * 2**20 // 256)
        parts = [("large.bin", large, "application/octet-stream")]
        self.drop(account, attachments=parts, subject="large")
        tnef = [("winmail.dat", b"\x78\x9f\x3e\x22", "application/ms-tnef")]
        self.drop(account, attachments=tnef, subject="tnef")
        run = account.sync()
        self.assertEqual((run.filed, run.failed, run.error), (5, 0, False))
        messages = {message.subject: message for message in self.messages_of(ada)}
        self.assertEqual(messages["large"].attachment_ids.raw, large)
        self.assertEqual(messages["tnef"].attachment_ids.name, "winmail.dat")
        self.assertEqual(messages["future"].date.year, 2055)
        self.assertEqual(messages["many"].incoming_email_to.count("@"), 300)

    def test_signed_mail_keeps_body_and_attachments(self):
        account = self.new_account()
        ada = self.partner()
        self.drop(account, signed_eml())
        run = account.sync()
        self.assertEqual((run.filed, run.error), (1, False))
        message = self.messages_of(ada)
        self.assertIn("the signed words", message.body)
        self.assertIn("signed.txt", message.attachment_ids.mapped("name"))

    def test_what_is_too_large_is_named(self):
        account = self.new_account()
        account.server_id.attachment_limit = 1
        ada = self.partner()
        parts = [
            ("big.bin", b"x" * (2 * 2**20), "application/octet-stream"),
            ("small.txt", b"y", "text/plain"),
        ]
        self.drop(account, attachments=parts)
        account.sync()
        message = self.messages_of(ada)
        self.assertEqual(message.attachment_ids.mapped("name"), ["small.txt"])
        self.assertIn("big.bin", message.body)

    def test_only_what_the_user_may_read_is_a_candidate(self):
        account = self.new_account()
        other = self.env["res.company"].create({"name": "Other"})
        hidden = self.partner(company_id=other.id)
        self.drop(account)
        run = account.sync()
        self.assertEqual((run.waiting, run.filed), (1, 0))
        self.assertFalse(self.messages_of(hidden))
        self.assertFalse(self.mails_of(account).candidate_ids)
