"""Why no charge can begin: in English for the wire, in the language spoken for whoever stands at the point. Pure."""

from dataclasses import dataclass

from common.words import Text


@dataclass(frozen=True, slots=True)
class Refusal:
    text: Text
    #: The fault or the session that is in the way, where one is.
    what: str = ""

    @property
    def on_the_wire(self) -> str:
        return self.text.en.format(what=self.what)

    def __str__(self) -> str:
        return self.text(what=self.what)
