/**
 * The folders of a mailbox as a tree that can be folded and searched.
 *
 * @typedef {Object} Folder
 * @property {string} id
 * @property {string} name
 * @property {number} depth 0 for a folder at the top
 * @property {boolean} inbox
 * @property {"" | "incoming" | "outgoing"} direction
 */

const fold = (text) =>
    text
        .normalize("NFD")
        .replace(/\p{Diacritic}/gu, "")
        .toLowerCase();

function inboxFirst(folders) {
    const branches = [];
    for (const folder of folders) {
        if (folder.depth === 0) {
            branches.push([]);
        }
        branches.at(-1).push(folder);
    }
    return branches.sort((a, b) => b[0].inbox - a[0].inbox).flat();
}

export class FolderTree {
    /** @param {Folder[]} folders parents before their children */
    constructor(folders) {
        this.query = "";
        this.rows = [];
        const open = [];
        for (const folder of inboxFirst(folders)) {
            open.length = folder.depth;
            const parent = open.at(-1) || null;
            const row = {
                ...folder,
                parent,
                expanded: folder.inbox,
                hasChildren: false,
            };
            if (parent) {
                parent.hasChildren = true;
            }
            open.push(row);
            this.rows.push(row);
        }
        for (const row of this.chosen) {
            for (let one = row.parent; one; one = one.parent) {
                one.expanded = true;
            }
        }
    }

    get isSearching() {
        return Boolean(this.query.trim());
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
}
