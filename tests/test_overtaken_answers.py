from odoo.tests import tagged

from .common_http import ExchangeHttpCase
from .keyboard import keyboard

# Asks twice how many e-mails wait, and lets the first answer come last.
OVERTAKEN = """(async () => {
    const { orm, "exchange_connector.waiting": waiting } =
        odoo.__WOWL_DEBUG__.root.env.services;
    const answers = [];
    orm.call = () => new Promise((answer) => answers.push(answer));
    const questions = [waiting.refresh(), waiting.refresh()];
    delete orm.call;
    answers[1](1);
    await questions[1];
    answers[0](7);
    await questions[0];
    return waiting.state.count;
})()"""


@tagged("post_install", "-at_install", "exchange_screens")
class TestOvertakenAnswers(ExchangeHttpCase):
    """Of two answers the one to the later question counts, whichever comes last."""

    def test_waiting_mails(self):
        account = self.new_account()

        def play(browser):
            browser.open("discuss", ".o_exchange_counter")
            self.assertEqual(browser.run(OVERTAKEN), 1)

        with keyboard(play):
            ready = "Boolean(odoo.isReady)"
            self.browser_js("/odoo/discuss", "", ready, login=account.user_id.login)
