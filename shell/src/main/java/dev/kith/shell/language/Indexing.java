package dev.kith.shell.language;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Names and settings of indexes. */
final class Indexing {
    private enum Setting {
        DISTANCE,
        EF_CONSTRUCTION,
        MAXIMUM_CONNECTIONS,
        MAXIMUM_CONNECTIONS_ZERO,
        EXTEND_CANDIDATES,
        KEEP_PRUNED_CONNECTIONS
    }

    private enum Switch {
        TRUE,
        FALSE
    }

    private final Cursor cursor;
    private final Pieces pieces;

    Indexing(Cursor cursor, Pieces pieces) {
        this.cursor = cursor;
        this.pieces = pieces;
    }

    List<Index> indexes() {
        return pieces.list(this::index);
    }

    List<Index.Kind> kinds() {
        return pieces.list(() -> cursor.choice(Index.Kind.class, "an index"));
    }

    private Index index() {
        return switch (cursor.choice(Index.Kind.class, "an index")) {
            case KDTREE -> new Index.KdTree();
            case HNSW -> hnsw();
        };
    }

    private Index hnsw() {
        Map<Setting, Integer> numbers = new EnumMap<>(Setting.class);
        Map<Setting, Boolean> switches = new EnumMap<>(Setting.class);
        List<Index.Distance> distances = new ArrayList<>();
        if (cursor.takeSign('{')) {
            do {
                Setting setting = cursor.choice(Setting.class, "a setting of hnsw");
                cursor.sign(':');
                switch (setting) {
                    case DISTANCE -> distances.add(cursor.choice(Index.Distance.class, "a distance"));
                    case EF_CONSTRUCTION, MAXIMUM_CONNECTIONS, MAXIMUM_CONNECTIONS_ZERO ->
                        numbers.put(setting, cursor.smallCount("the setting"));
                    case EXTEND_CANDIDATES, KEEP_PRUNED_CONNECTIONS ->
                        switches.put(setting, cursor.choice(Switch.class, "a switch") == Switch.TRUE);
                }
            } while (cursor.takeSign(','));
            cursor.sign('}');
        }
        return new Index.Hnsw(
                distances.stream().findFirst(),
                number(numbers, Setting.EF_CONSTRUCTION),
                number(numbers, Setting.MAXIMUM_CONNECTIONS),
                number(numbers, Setting.MAXIMUM_CONNECTIONS_ZERO),
                Optional.ofNullable(switches.get(Setting.EXTEND_CANDIDATES)),
                Optional.ofNullable(switches.get(Setting.KEEP_PRUNED_CONNECTIONS)));
    }

    private static OptionalInt number(Map<Setting, Integer> numbers, Setting setting) {
        Integer number = numbers.get(setting);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }
}
