"""The demo's people and the mails in their mailboxes, as real .eml texts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from email.utils import format_datetime

from PIL import Image, ImageDraw

DOMAIN = "contoso.example"
#: login (also the password) → (name, job)
USERS = {
    "anna": ("Anna Berger", "Sales"),
    "ben": ("Ben Hofmann", "Purchasing"),
    "carla": ("Carla Sommer", "Project Management"),
}
#: company → (city, street, [(name, job, address)])
COMPANIES = {
    "Müller Elektrotechnik GmbH": (
        "Köln",
        "Venloer Straße 214",
        [
            ("Jürgen Müller", "Managing Director", "j.mueller@mueller-elektro.example"),
            ("Sabine Groß", "Purchasing", "s.gross@mueller-elektro.example"),
        ],
    ),
    "Bäckerei Sonnenschein KG": (
        "Düsseldorf",
        "Königsallee 7",
        [("Petra Schäfer", "Owner", "petra@baeckerei-sonnenschein.example")],
    ),
    "Hafenlogistik Petersen AG": (
        "Hamburg",
        "Am Sandtorkai 40",
        [("Jörn Petersen", "Head of Logistics", "petersen@hafenlogistik.example")],
    ),
    "Architekturbüro Weiß": (
        "Bonn",
        "Poppelsdorfer Allee 58",
        [("Claudia Weiß", "Architect", "weiss@architektur-weiss.example")],
    ),
    "Hotel Seeblick": (
        "Konstanz",
        "Seestraße 25",
        [
            ("Monika Brandt", "Director", "m.brandt@hotel-seeblick.example"),
            ("Timo Engel", "Reception", "empfang@hotel-seeblick.example"),
        ],
    ),
    "Klinikum Nord gGmbH": (
        "Bremen",
        "Sankt-Jürgen-Straße 1",
        [
            ("Dr. Ute Lehmann", "Management", "u.lehmann@klinikum-nord.example"),
            ("Stefan Vogt", "Facilities", "s.vogt@klinikum-nord.example"),
            ("Ines Haas", "Accounting", "rechnung@klinikum-nord.example"),
        ],
    ),
    "Brauerei Lindner & Söhne": (
        "Bamberg",
        "Obere Sandstraße 9",
        [
            ("Georg Lindner", "Owner", "georg@brauerei-lindner.example"),
            ("Anja Lindner", "Sales", "anja@brauerei-lindner.example"),
        ],
    ),
    "Universität Jena, Institut für Optik": (
        "Jena",
        "Fröbelstieg 1",
        [
            ("Prof. Karl Abbé", "Head of Institute", "k.abbe@optik-jena.example"),
            ("Nina Roth", "Office", "sekretariat@optik-jena.example"),
        ],
    ),
    "Holzwerk Ötztal GmbH": (
        "Sölden",
        "Dorfstraße 30",
        [
            ("Franz Gstrein", "Managing Director", "franz@holzwerk-oetztal.example"),
            ("Lena Riml", "Sales", "lena@holzwerk-oetztal.example"),
        ],
    ),
    "Spedition Çelik": (
        "Mannheim",
        "Hafenstraße 77",
        [
            ("Murat Çelik", "Owner", "murat@spedition-celik.example"),
            ("Aylin Çelik", "Dispatch", "dispo@spedition-celik.example"),
        ],
    ),
    # Both people use the address of their office: a mail from it fits two contacts.
    "Stadtwerke Bonn": (
        "Bonn",
        "Sandkaule 2",
        [
            ("Heike Lüders", "Facilities", "buero@stadtwerke-bonn.example"),
            ("Uwe Kröger", "Purchasing", "buero@stadtwerke-bonn.example"),
        ],
    ),
}
ANNA = f"Anna Berger <anna@{DOMAIN}>"
BEN = f"Ben Hofmann <ben@{DOMAIN}>"
CARLA = f"Carla Sommer <carla@{DOMAIN}>"
MUELLER = "Jürgen Müller <j.mueller@mueller-elektro.example>"
GROSS = "Sabine Groß <s.gross@mueller-elektro.example>"
SCHAEFER = "Petra Schäfer <petra@baeckerei-sonnenschein.example>"


@dataclass(frozen=True)
class Mail:
    """One mail and the places it lies in.

    :ivar places: (user, folder) with the folder ``incoming``, ``outgoing`` or a path
    :ivar age: days before today
    """

    key: str
    places: list[tuple[str, str]]
    sender: str
    to: str
    subject: str
    html: str
    age: float
    cc: str = ""
    answers: str = ""
    files: list[tuple[str, bytes, str]] = field(default_factory=list)
    picture: bytes = b""

    def text(self) -> bytes:
        """The mail as it travels."""
        message = EmailMessage()
        message["From"], message["To"] = self.sender, self.to
        if self.cc:
            message["Cc"] = self.cc
        message["Subject"] = self.subject
        sent = datetime.now(timezone.utc) - timedelta(days=self.age)
        message["Date"] = format_datetime(sent)
        message["Message-ID"] = f"<{self.key}@{DOMAIN}>"
        if self.answers:
            message["In-Reply-To"] = f"<{self.answers}@{DOMAIN}>"
            message["References"] = f"<{self.answers}@{DOMAIN}>"
        message.set_content("This mail is written in HTML.\n")
        message.add_alternative(self.html, subtype="html")
        if self.picture:
            _text, body = message.iter_parts()
            body.add_related(self.picture, "image", "png", cid="<theke>")
        for name, content, kind in self.files:
            maintype, subtype = kind.split("/")
            message.add_attachment(
                content, maintype=maintype, subtype=subtype, filename=name
            )
        return message.as_bytes()


def mails() -> Iterator[Mail]:
    """All mails of the demo, oldest first."""
    yield from _offer()
    yield from _others()
    yield from _unclear()


def waiting_mail() -> Mail:
    """The mail that lies in Anna's inbox, for the reader to move."""
    return Mail(
        "bestellung-mueller",
        [("anna", "inbox")],
        MUELLER,
        ANNA,
        "Bestellung 4711",
        "<p>Guten Tag Frau Berger,</p><p>hiermit bestellen wir die <b>40 Schreibtische"
        "</b> aus Ihrem Angebot zum Preis von <b>17.960,00 €</b>. Bitte bestätigen Sie"
        " uns den Liefertermin.</p><p>Mit freundlichen Grüßen<br>Jürgen Müller</p>",
        age=0.02,
        answers="angebot-antwort",
    )


def _offer() -> Iterator[Mail]:
    yield Mail(
        "angebot-anfrage",
        [("anna", "incoming"), ("ben", "incoming")],
        MUELLER,
        ANNA,
        "Anfrage: 40 höhenverstellbare Schreibtische",
        "<p>Sehr geehrte Frau Berger,</p><p>für unser neues Büro in <b>Köln-Ehrenfeld"
        "</b> benötigen wir 40 höhenverstellbare Schreibtische. Den Grundriss finden"
        " Sie im Anhang.</p><ul><li>Breite 160 cm, Tiefe 80 cm</li><li>Platte Eiche,"
        " Gestell weiß</li><li>Lieferung bis Ende Januar</li></ul><p>Mit freundlichen"
        " Grüßen<br>Jürgen Müller</p>",
        age=6.1,
        cc=BEN,
        files=[("Grundriss Köln.pdf", plan(), "application/pdf")],
    )
    yield Mail(
        "angebot-antwort",
        [("anna", "outgoing")],
        ANNA,
        MUELLER,
        "AW: Anfrage: 40 höhenverstellbare Schreibtische",
        "<p>Sehr geehrter Herr Müller,</p><p>vielen Dank für Ihre Anfrage. Wir bieten"
        " Ihnen 40 Schreibtische <i>Modell Rhein</i> zu je 449,00 € an, Lieferung frei"
        " Haus in KW 3.</p><p>Herzliche Grüße<br>Anna Berger</p>",
        age=4.8,
        cc=GROSS,
        answers="angebot-anfrage",
    )


def _others() -> Iterator[Mail]:
    yield Mail(
        "theke",
        [("anna", "incoming")],
        SCHAEFER,
        ANNA,
        "Unsere neue Theke ist da!",
        "<p>Liebe Frau Berger,</p><p>die Theke ist heute früh gekommen und passt auf"
        ' den Millimeter:</p><p><img src="cid:theke" alt="Theke" width="300"></p>'
        "<p>Die Kundschaft ist begeistert. Schöne Grüße aus Düsseldorf,<br>Petra"
        " Schäfer</p>",
        age=2.4,
        picture=counter(),
    )
    yield Mail(
        "lieferung",
        [("ben", "incoming")],
        "Jörn Petersen <petersen@hafenlogistik.example>",
        BEN,
        "Lieferung verzögert sich um zwei Tage",
        "<p>Moin Herr Hofmann,</p><p>wegen des Sturms kommt Container 2208 erst am"
        " Donnerstag. Der Rest der Sendung steht schon am Sandtorkai.</p><p>Beste"
        " Grüße<br>Jörn Petersen</p>",
        age=1.2,
    )
    yield Mail(
        "entwurf",
        [("carla", "incoming")],
        "Claudia Weiß <weiss@architektur-weiss.example>",
        CARLA,
        "Entwurf für das Rathaus, Stand Freitag",
        "<p>Hallo Frau Sommer,</p><p>anbei der Stand von Freitag. Über die Möblierung"
        " im Erdgeschoss sollten wir noch einmal sprechen.</p><p>Viele Grüße<br>Claudia"
        " Weiß</p>",
        age=0.9,
        files=[("Entwurf Rathaus.pdf", plan(), "application/pdf")],
    )


def _unclear() -> Iterator[Mail]:
    yield Mail(
        "stadtwerke",
        [("anna", "incoming")],
        "Stadtwerke Bonn <buero@stadtwerke-bonn.example>",
        ANNA,
        "Frage zu Rechnung 2026-1187",
        "<p>Guten Tag,</p><p>auf der Rechnung fehlt unsere Bestellnummer. Könnten Sie"
        " sie bitte ergänzen?</p><p>Ihre Stadtwerke</p>",
        age=0.6,
    )
    yield Mail(
        "neuland",
        [("anna", "incoming")],
        "Ramón Österberg <ramon@neuland-design.example>",
        ANNA,
        "Zusammenarbeit bei Messeständen",
        "<p>Hallo Frau Berger,</p><p>wir entwerfen Messestände und suchen einen Partner"
        " für Möbel. Hätten Sie nächste Woche Zeit für ein Gespräch?</p><p>Viele"
        " Grüße<br>Ramón Österberg</p>",
        age=0.3,
    )


def plan() -> bytes:
    """A floor plan, as PDF."""
    image = Image.new("RGB", (842, 595), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 60, 782, 535), outline="black", width=5)
    for left in range(110, 740, 90):
        for top in (110, 230, 380, 470):
            draw.rectangle((left, top, left + 56, top + 28), outline="#446", width=2)
    draw.line((60, 320, 640, 320), fill="black", width=4)
    output = io.BytesIO()
    image.save(output, "PDF")
    return output.getvalue()


def counter() -> bytes:
    """A picture of a bakery's counter, as PNG."""
    image = Image.new("RGB", (840, 420), "#f7ead2")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 330, 840, 420), fill="#c9a06b")
    draw.rectangle((90, 190, 750, 360), fill="#8a5a33")
    draw.rectangle((70, 170, 770, 200), fill="#5c3a20")
    draw.rectangle((120, 215, 720, 300), fill="#e8f3f5", outline="#5c3a20", width=6)
    for left in range(140, 650, 72):
        draw.ellipse((left, 240, left + 62, 286), fill="#d9922e", outline="#a86a1c")
        draw.arc((left + 14, 246, left + 48, 276), 200, 340, fill="#fff1d0", width=3)
    draw.rectangle((330, 60, 510, 130), fill="#b5382a")
    draw.text((340, 76), "Backstube", fill="white", font_size=34)
    output = io.BytesIO()
    image.save(output, "PNG", optimize=True)
    return output.getvalue()
