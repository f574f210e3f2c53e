import { registry } from "@web/core/registry";

/**
 * The tours are written in English. Where the page says `exchangeWords` (the texts of
 * the user's language, see tests/german.py) they look for those instead, so that one
 * tour goes through the screens in any language.
 */

const OWN = "exchange_connector_";
const TEXTS = /(:contains\('|aria-label='|^selectByLabel )([^']+)/g;
const PLACEHOLDER = /%\(\w+\)[sd]|%[sd]|<[^>]*>|\n/;
// So much of a text has to stand in an English one to be a part of it.
const SHARE = 0.6;

/** The longest part of a text that a tour can look for. */
function literal(text) {
    const parts = text.split(PLACEHOLDER).map((part) => part.trim());
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

/** What stands there for an English text; the text itself where it is nobody's. */
function translated(text, words) {
    if (words[text]) {
        return literal(words[text]);
    }
    let best = ["", 5];
    for (const english of Object.keys(words)) {
        if (english.length > 8) {
            const length = commonLength(text, english);
            if (length > best[1]) {
                best = [english, length];
            }
        }
    }
    return best[0] ? literal(words[best[0]]) : text;
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
