import { registry } from "@web/core/registry";

/**
 * The tours are written in English. Where the page says `exchangeWords` (the texts of
 * the user's language, see tests/german.py) they look for those instead, so that one
 * tour goes through the screens in any language. `all` are the texts of all addons, `own`
 * are ours, of which a tour may name a part, or one with values in it.
 */

const OWN = "exchange_connector_";
const TEXTS = /(:contains\('|aria-label='|^selectByLabel )([^']+)/g;
const PLACEHOLDERS = /%\(\w+\)[sd]|%[sd]/g;
const BREAKS = /%\(\w+\)[sd]|%[sd]|<[^>]*>|\n/;
// So much of a text has to stand in an English one to be a part of it.
const SHARE = 0.75;

/** The longest part of a text that a tour can look for. */
function literal(text) {
    const parts = text.split(BREAKS).map((part) => part.trim());
    return parts.reduce((longest, part) => (part.length > longest.length ? part : longest));
}

function commonLength(text, english) {
    for (let length = text.length; length >= text.length * SHARE; length--) {
        for (let start = 0; start + length <= text.length; start++) {
            if (english.includes(text.slice(start, start + length))) {
                return length;
            }
        }
    }
    return 0;
}

/** A text with values in the places of its placeholders, in the other language. */
function filledIn(text, own) {
    let found;
    let most = 4;
    for (const [english, other] of Object.entries(own)) {
        // A tour leaves out the full stop.
        const parts = english.replace(/\.$/, "").split(PLACEHOLDERS);
        const letters = parts.join("").length;
        if (parts.length > 1 && letters > most) {
            const pattern = `^${parts.map(escaped).join("(.+)")}\\.?$`;
            const values = text.match(new RegExp(pattern));
            if (values) {
                most = letters;
                found = english
                    .match(PLACEHOLDERS)
                    .reduce((all, name, at) => all.replace(name, values[at + 1]), other)
                    .replace(/\.$/, "");
            }
        }
    }
    return found;
}

function escaped(text) {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** A text with a value behind it, in the other language. */
function withValue(text, own) {
    const english = Object.keys(own)
        .filter((each) => each.includes(" ") && text.startsWith(`${each} `))
        .reduce((longest, each) => (each.length > longest.length ? each : longest), "");
    return english && own[english] + text.slice(english.length);
}

/** The text of which this one is the largest part. */
function whole(text, own) {
    let best = ["", 5];
    for (const english of Object.keys(own)) {
        if (english.length > 8) {
            const length = commonLength(text, english);
            if (length > best[1]) {
                best = [english, length];
            }
        }
    }
    return best[0];
}

/** What stands there for an English text; the text itself where it is nobody's. */
function translated(text, { all, own }) {
    if (all[text]) {
        return literal(all[text]);
    }
    const filled = filledIn(text, own) || withValue(text, own);
    return filled || literal(own[whole(text, own)] || text);
}

function inLanguage(step, words) {
    const replaced = (text) =>
        text.replace(TEXTS, (_all, before, found) => before + translated(found, words));
    const { trigger, run } = step;
    return {
        ...step,
        trigger: replaced(trigger),
        run: typeof run === "string" ? replaced(run) : run,
    };
}

function prepare(name, tour) {
    if (!name.startsWith(OWN) || tour.inEnglish) {
        return;
    }
    tour.inEnglish = tour.steps;
    tour.steps = () => {
        const steps = tour.inEnglish();
        const words = window.exchangeWords;
        return words ? steps.map((step) => inLanguage(step, words)) : steps;
    };
}

const tours = registry.category("web_tour.tours");
tours.addEventListener("UPDATE", ({ detail }) => prepare(detail.key, detail.value));
for (const [name, tour] of tours.getEntries()) {
    prepare(name, tour);
}
