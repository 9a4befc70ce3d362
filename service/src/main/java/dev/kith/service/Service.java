package dev.kith.service;

/** The one way from the doors to the data. Safe on any thread; blocks its caller until the command is done. */
public interface Service {
    /**
     * Does one command for one caller.
     *
     * @throws dev.kith.vectors.Rejection where it refuses; then nothing was changed. Faults of Kith's own or of its
     *     machine were logged and come as {@code INTERNAL} with a message that is safe to show.
     */
    <R> R handle(Caller caller, Command<R> command);
}
