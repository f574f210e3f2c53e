"""Rows that need no computing, written many at a time: the ORM's ``create`` costs
several times the insertion itself."""

from odoo import fields
from odoo.tools import SQL

LOG_COLUMNS = ("id", "create_uid", "create_date", "write_uid", "write_date")


def insert_rows(model, vals_list):
    """Insert rows of a model without ``create`` of its own, whose stored fields are
    plain columns: none is computed, none has a default.

    Whoever has read fields that show these rows has to invalidate them.

    :param vals_list: list of {name: value}, all with the same names
    :return: the ids, in order
    """
    if not vals_list:
        return []
    rows = model.env.execute_query(inserting(model, vals_list))
    return [row_id for (row_id,) in rows]


def is_plain(model, names):
    """Whether rows of these fields alone are whole, or another addon has added a field
    that is required, computed or has a default."""
    return not any(
        field.required or field.compute or field.default
        for name, field in model._fields.items()
        if field.store and field.column_type and name not in {*names, *LOG_COLUMNS}
    )


def inserting(model, vals_list):
    """The SQL of :func:`insert_rows`, to be part of a larger query."""
    columns = [model._fields[name] for name in vals_list[0]]
    # The rows that these refer to have to be there.
    model.env.flush_all()
    names = [field.name for field in columns]
    logged = _log_columns(model)
    values = tuple(logged.values())
    rows = [
        tuple(field.convert_to_column(vals[field.name], model) for field in columns)
        + values
        for vals in vals_list
    ]
    return _insert(model._table, [*names, *logged], rows, SQL("RETURNING id"))


def insert_relations(model, name, pairs):
    """Insert rows of the table of a many2many field of new records.

    :param name: of the field
    :param pairs: list of (id of the record, id of the related record)
    """
    field = model._fields[name]
    columns = [field.column1, field.column2]
    if pairs:
        model.env.cr.execute(_insert(field.relation, columns, pairs))


def _log_columns(model):
    if not model._log_access:
        return {}
    now = fields.Datetime.now()
    return {
        "create_uid": model.env.uid,
        "create_date": now,
        "write_uid": model.env.uid,
        "write_date": now,
    }


def _insert(table, columns, rows, returning=None):
    return SQL(
        "INSERT INTO %s (%s) VALUES %s %s",
        SQL.identifier(table),
        SQL(", ").join(map(SQL.identifier, columns)),
        SQL(", ").join(rows),
        returning or SQL(),
    )
