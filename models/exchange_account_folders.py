from odoo import api, models
from odoo.exceptions import UserError

# What "Create folders" makes below the inbox, by the language of the user.
DEFAULT_FOLDERS = {
    "de": {"incoming": "Transfer Eingang", "outgoing": "Transfer Ausgang"},
    "en": {"incoming": "Transfer Incoming", "outgoing": "Transfer Outgoing"},
}


class ExchangeAccountFolders(models.AbstractModel):
    """Choosing the transfer folders out of the mailbox's real folder tree."""

    _name = "exchange.account.folders"
    _description = "Exchange Account: Transfer Folders"

    def _folder_tree(self):
        """All folders of the mailbox, parents before their children.

        :return: list of {"id", "name", "path", "depth", "inbox", "direction"};
            direction is "" for a folder that is no transfer folder
        :raises ClientError: the mailbox does not answer
        """
        self.ensure_one()
        chosen = {folder.remote_id: folder.direction for folder in self.folder_ids}
        with self._open_mailbox() as mailbox:
            folders = mailbox.messages.folder_tree()
        return [
            {
                "id": folder.id,
                "name": folder.name,
                "path": folder.path,
                "depth": folder.depth,
                "inbox": folder.is_inbox,
                "direction": chosen.get(folder.id, ""),
            }
            for folder in folders
        ]

    def action_set_folders(self, folders):
        """Make these the transfer folders, and no others.

        A folder that was chosen before goes on where it was.

        :param folders: list of {"id", "name", "direction"}
        :raises UserError: a choice that is none
        """
        account = self._check_own()
        wanted = {}
        for folder in folders:
            if folder.get("direction") not in ("incoming", "outgoing"):
                raise UserError(
                    self.env._(
                        "A transfer folder is for incoming or for outgoing e-mails."
                    )
                )
            if not folder.get("id") or not folder.get("name"):
                raise UserError(self.env._("Choose the folders from the list."))
            wanted[str(folder["id"])] = folder
        account.folder_ids.filtered(lambda row: row.remote_id not in wanted).unlink()
        present = {row.remote_id: row for row in account.folder_ids}
        for remote_id, folder in wanted.items():
            vals = {"name": str(folder["name"]), "direction": folder["direction"]}
            if remote_id not in present:
                account.folder_ids.create(
                    {"account_id": account.id, "remote_id": remote_id, **vals}
                )
            elif present[remote_id].direction != vals["direction"]:
                present[remote_id].write(vals)
        return True

    def action_create_folders(self):
        """Create the two default transfer folders below the inbox, and choose them."""
        account = self._check_own()
        names = account._default_folder_names()
        with account._open_mailbox_for_button() as mailbox:
            made = [
                (direction, mailbox.messages.create_folder(name))
                for direction, name in names.items()
            ]
        present = set(account.folder_ids.mapped("remote_id"))
        account.folder_ids.create(
            [
                {
                    "account_id": account.id,
                    "direction": direction,
                    "remote_id": folder.id,
                    "name": folder.name,
                }
                for direction, folder in made
                if folder.id not in present
            ]
        )
        return account._refresh(
            self.env._(
                "Your transfer folders: %(folders)s.",
                folders=", ".join(account.folder_ids.mapped("name")),
            ),
            "success",
        )

    def _check_folders(self, mailbox, log):
        """Look after the transfer folders: learn new names, and replace those that
        were deleted in Outlook, where a deleted folder goes on living for a while in
        the deleted items and would silently get no more mails."""
        now = mailbox.messages.still_there(self.folder_ids.mapped("remote_id"))
        for row in self.folder_ids:
            folder = now.get(row.remote_id)
            if folder is None:
                self._replace_folder(row, mailbox, log)
            elif folder.name and folder.name != row.name:
                row.name = folder.name

    def _replace_folder(self, row, mailbox, log):
        """Find a lost transfer folder by its name, or create it again, and say so.

        It is asked for once more before: a server that once said "not found" in error
        must not make us leave a folder, with the mails that lie in it.
        """
        if mailbox.messages.still_there([row.remote_id]).get(row.remote_id):
            return
        name = row.name
        folder = mailbox.messages.find_folder(name)
        if folder:
            sentence = self.env._(
                "The transfer folder %(folder)s was deleted in Outlook. The folder of "
                "the same name below the inbox has taken its place.",
                folder=name,
            )
        else:
            folder = mailbox.messages.create_folder(name)
            sentence = self.env._(
                "The transfer folder %(folder)s was deleted in Outlook. It has been "
                "created again below the inbox.",
                folder=name,
            )
        twin = self.folder_ids.filtered(lambda other: other.remote_id == folder.id)
        if twin:
            self.env["exchange.mail.source"].search(
                [("folder_id", "=", row.id)]
            ).folder_id = twin
            row.unlink()
        else:
            row.write({"remote_id": folder.id, "last_error": sentence})
        log.error(sentence)

    @api.model
    def _default_folder_names(self):
        language = (self.user_id.lang or "en")[:2]
        return DEFAULT_FOLDERS.get(language, DEFAULT_FOLDERS["en"])
