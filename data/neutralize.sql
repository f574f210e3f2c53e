-- a copied database must not reach real mailboxes
DELETE FROM exchange_credential;
UPDATE exchange_account
   SET state = 'draft', next_sync = NULL, requested_kinds = NULL
 WHERE state <> 'draft';
