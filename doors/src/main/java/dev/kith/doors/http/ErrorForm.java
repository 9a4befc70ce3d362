package dev.kith.doors.http;

/** How refusals look that are not the dialect's own: of a route, or of a port where there is no route. */
@FunctionalInterface
public interface ErrorForm {
    /** {@code {"error":"…"}} and a line's end: health and metrics. */
    ErrorForm ERROR = (status, text) -> Answer.text(status, Answer.JSON, "{\"error\":\"%s\"}\n".formatted(text));
    /** {@code {"detail":"…"}}, as FastAPI has it. */
    ErrorForm DETAIL = (status, text) -> Answer.text(status, Answer.JSON, "{\"detail\":\"%s\"}".formatted(text));

    /** @param text a constant that needs no escaping */
    Answer answer(int status, String text);
}
