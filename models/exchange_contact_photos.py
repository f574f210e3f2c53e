import base64
import logging
from functools import partial

from odoo import models
from odoo.tools import split_every
from odoo.tools.image import image_process

from ..client import ServerError
from .contact_plan import plan_photo
from .exchange_contact_reader import PHOTO_FIELD
from .exchange_mail_reader import MAILBOX_ERRORS

_logger = logging.getLogger(__name__)

PHOTO_PAGE = 20
LARGEST_PHOTO = 2_500_000


class ExchangeContactPhotos(models.AbstractModel):
    """Sends the pictures of contacts."""

    _name = "exchange.contact.photos"
    _description = "Pictures of Contacts for Outlook"

    def _send_photos(self, account, mailbox, jobs, log):
        """Send the pictures that changed; a service that takes none is no error."""
        due = [job for job in jobs if plan_photo(job.row, job.photo)]
        for page in split_every(PHOTO_PAGE, due, list):
            pictures = {job.row.id: self._picture(job) for job in page}
            sent = [job for job in page if pictures[job.row.id]]
            errors = mailbox.contacts.put_photos(
                [(job.row.remote_id, pictures[job.row.id]) for job in sent]
            )
            later = {
                job.row.id
                for job, error in zip(sent, errors, strict=True)
                if isinstance(error, (*MAILBOX_ERRORS, ServerError))
            }
            notes = [
                (job.row.id, job.photo, job.stamp)
                for job in page
                if job.row.id not in later
            ]
            note = self.env["exchange.subscription"]._note
            self._save(partial(note, ("photo_hash", "source_stamp"), notes), log)
            self._raise_first(errors, MAILBOX_ERRORS)

    def _picture(self, job):
        """:return: the picture as base64 text of a JPEG, "" when it is none"""
        partner = self.env["res.partner"].sudo().browse(job.row.partner_id)
        partner = partner.with_context(bin_size=False)
        try:
            content = base64.b64decode(partner[PHOTO_FIELD] or b"")
            jpeg = image_process(content, output_format="JPEG", quality=85) or b""
        except Exception as error:  # whatever a broken picture does to its reader
            _logger.info("%s has a picture that cannot be read: %s", partner, error)
            return ""
        partner.invalidate_recordset([PHOTO_FIELD])
        small = jpeg.startswith(b"\xff\xd8") and len(jpeg) <= LARGEST_PHOTO
        return base64.b64encode(jpeg).decode() if small else ""
