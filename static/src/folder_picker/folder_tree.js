/**
 * The folders of a mailbox as a tree that can be folded and searched.
 *
 * @typedef {Object} Folder
 * @property {string} id
 * @property {string} name
 * @property {number} depth 0 for a folder at the top
 * @property {"" | "incoming" | "outgoing"} direction
 */

const fold = (text) =>
    text
        .normalize("NFD")
        .replace(/\p{Diacritic}/gu, "")
        .toLowerCase();

export class FolderTree {
    /** @param {Folder[]} folders parents before their children */
    constructor(folders) {
        this.query = "";
        this.rows = [];
        const open = [];
        for (const folder of folders) {
            open.length = folder.depth;
            const parent = open.at(-1) || null;
            const row = { ...folder, parent, expanded: false, hasChildren: false };
            if (parent) {
                parent.hasChildren = true;
            }
            open.push(row);
            this.rows.push(row);
        }
        for (const row of this.rows) {
            // What is chosen can be seen, and so can the inbox's folders.
            if (row.direction) {
                this._expandAbove(row);
            }
        }
        if (this.rows.length) {
            this.rows[0].expanded = true;
        }
    }

    /** The rows to show, from top to bottom. */
    get visible() {
        const query = fold(this.query.trim());
        if (!query) {
            return this.rows.filter((row) => this._isUnfolded(row));
        }
        const found = new Set();
        for (const row of this.rows) {
            if (fold(row.name).includes(query)) {
                for (let one = row; one; one = one.parent) {
                    found.add(one);
                }
            }
        }
        return this.rows.filter((row) => found.has(row));
    }

    /** The chosen folders. */
    get chosen() {
        return this.rows.filter((row) => row.direction);
    }

    _isUnfolded(row) {
        for (let one = row.parent; one; one = one.parent) {
            if (!one.expanded) {
                return false;
            }
        }
        return true;
    }

    _expandAbove(row) {
        for (let one = row.parent; one; one = one.parent) {
            one.expanded = true;
        }
    }
}
