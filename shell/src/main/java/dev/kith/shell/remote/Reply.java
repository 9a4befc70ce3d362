package dev.kith.shell.remote;

import java.util.List;
import java.util.Map;

/** What a server answered to one statement. The names are those that the original's command line prints. */
public sealed interface Reply {
    /** One thing, with no facts where there is nothing to say but that it was done. */
    record One(String name, Map<String, Cell> facts) implements Reply {}

    /**
     * Several things of one kind.
     *
     * @param more what belongs to all of them, such as the cursor of the next page
     */
    record Many(String name, List<Map<String, Cell>> rows, Map<String, Cell> more) implements Reply {}

    /**
     * A refusal of this statement; the others of its line stand.
     *
     * @param code the number of a gRPC status
     */
    record Refusal(int code, String message) implements Reply {}
}
