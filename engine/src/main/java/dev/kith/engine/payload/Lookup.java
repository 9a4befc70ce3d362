package dev.kith.engine.payload;

import dev.kith.engine.codec.EncodedValue;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a filter asks of one field, made ready to be looked up in the field's blocks. Immutable.
 *
 * @param searches each finds some of the values
 * @param doubtful tags of values whose keys do not say what they hold: rows that have them are found too, and have to
 *     be asked themselves
 */
record Lookup(FieldPath field, List<Search> searches, byte[] doubtful) {
    private static final byte[] NEVER = {};
    private static final byte[] LONG = {FieldKeys.LONG};

    /** One way into a block: to runs of values. */
    private interface Search {
        void find(FieldBlock block, Consumer<FieldBlock.Run> found);
    }

    /** Empty where the filter asks of more than one field, or what blocks cannot say. */
    static Optional<Lookup> of(Filter filter) {
        return switch (filter) {
            case Filter.And _, Filter.Or _, Filter.Not _ -> Optional.empty();
            case Filter.Equals(var field, var wanted) -> among(field, List.of(wanted));
            case Filter.In(var field, var wanted) -> among(field, wanted);
            case Filter.Range range -> within(range);
            case Filter.Exists(var field) -> Optional.of(tagged(field, FieldKeys.EXISTS));
            case Filter.IsNull(var field) -> Optional.of(tagged(field, EncodedValue.NULL));
            case Filter.Prefix(var field, var prefix) -> beginning(field, prefix);
            case Filter.Contains(var field, var part) -> containing(field, part);
        };
    }

    /**
     * Finds runs of values in a block, the same value perhaps in several.
     *
     * @return whether the rows that have them are what was asked for; if not, all of that is among them
     */
    boolean find(FieldBlock block, Consumer<FieldBlock.Run> found) {
        for (Search search : searches) {
            search.find(block, found);
        }
        boolean certain = true;
        for (byte tag : doubtful) {
            FieldBlock.Run run = block.tagged(tag);
            found.accept(run);
            certain &= run.isEmpty();
        }
        return certain;
    }

    private static Lookup tagged(FieldPath field, byte tag) {
        return new Lookup(field, List.of(key(FieldKeys.of(tag))), NEVER);
    }

    private static Search key(byte[] key) {
        return (block, found) -> found.accept(block.run(key));
    }

    /** Whether blocks have no key of the value: it is too long for one. */
    private static boolean isLong(byte[] content) {
        return content.length > FieldKeys.CONTENT_BYTES_MAX;
    }

    private static Optional<Lookup> among(FieldPath field, List<Value> wanted) {
        List<Search> searches = new ArrayList<>();
        boolean[] doubtful = new boolean[FieldKeys.LONG + 1];
        for (Value value : wanted) {
            switch (value) {
                case Value.Items _ -> doubtful[EncodedValue.ITEMS] = true;
                case Value.Fields _ -> doubtful[EncodedValue.FIELDS] = true;
                case Value.Text(String text) when !Texts.isWhole(text) -> {
                    // No payload has such a text.
                }
                case Value.Text(String text) when isLong(Texts.utf8(text)) -> doubtful[FieldKeys.LONG] = true;
                case Value.Bytes(byte[] bytes) when isLong(bytes) -> doubtful[FieldKeys.LONG] = true;
                case Value.Null _, Value.Bool _, Value.Int _, Value.Real _, Value.Text _, Value.Bytes _ ->
                    searches.add(key(FieldKeys.of(value)));
            }
        }
        byte[] tags = new byte[doubtful.length];
        int count = 0;
        for (byte tag = 0; tag < doubtful.length; tag++) {
            if (doubtful[tag]) {
                tags[count++] = tag;
            }
        }
        return Optional.of(new Lookup(field, searches, java.util.Arrays.copyOf(tags, count)));
    }

    private static Optional<Lookup> within(Filter.Range range) {
        boolean texts = range.low().or(range::high).orElseThrow().value() instanceof Value.Text;
        if (texts) {
            return textsWithin(range);
        }
        Interval.Span integers = Interval.of(range).integers();
        Interval.Span reals = Interval.of(range).reals();
        Search search = (block, found) -> {
            found.accept(block.numbers(EncodedValue.INT, integers));
            found.accept(block.numbers(EncodedValue.REAL, reals));
        };
        return Optional.of(new Lookup(range.field(), List.of(search), NEVER));
    }

    private static Optional<Lookup> textsWithin(Filter.Range range) {
        if (!range.low().map(Lookup::isWhole).orElse(true)
                || !range.high().map(Lookup::isWhole).orElse(true)) {
            return Optional.empty();
        }
        byte[] low = range.low().map(Lookup::key).orElse(FieldKeys.of(EncodedValue.TEXT));
        boolean lowIn = range.low().map(Filter.Bound::inclusive).orElse(true);
        byte @Nullable [] high = range.high().map(Lookup::key).orElse(null);
        boolean highIn = range.high().map(Filter.Bound::inclusive).orElse(false);
        Search search = (block, found) -> {
            int from = lowIn ? block.from(low) : block.run(low).to();
            int to = high == null
                    ? block.tagged(EncodedValue.TEXT).to()
                    : highIn ? block.run(high).to() : block.from(high);
            found.accept(new FieldBlock.Run(from, Math.max(from, to)));
        };
        return Optional.of(new Lookup(range.field(), List.of(search), LONG));
    }

    private static boolean isWhole(Filter.Bound bound) {
        return Texts.isWhole(((Value.Text) bound.value()).value());
    }

    private static byte[] key(Filter.Bound bound) {
        return FieldKeys.ofText(Texts.utf8(((Value.Text) bound.value()).value()));
    }

    private static Optional<Lookup> beginning(FieldPath field, String prefix) {
        if (!Texts.isWhole(prefix)) {
            return Optional.empty();
        }
        byte[] low = FieldKeys.ofText(Texts.utf8(prefix));
        byte[] after = FieldKeys.after(low);
        Search search = (block, found) -> found.accept(new FieldBlock.Run(block.from(low), block.from(after)));
        return Optional.of(new Lookup(field, List.of(search), LONG));
    }

    private static Optional<Lookup> containing(FieldPath field, String part) {
        if (!Texts.isWhole(part)) {
            return Optional.empty();
        }
        byte[] wanted = Texts.utf8(part);
        Search search = (block, found) -> {
            FieldBlock.Run texts = block.tagged(EncodedValue.TEXT);
            for (int value = texts.from(); value < texts.to(); value++) {
                if (block.contains(value, wanted)) {
                    found.accept(new FieldBlock.Run(value, value + 1));
                }
            }
        };
        return Optional.of(new Lookup(field, List.of(search), LONG));
    }
}
