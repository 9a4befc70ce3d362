package dev.kith.doors.faissx;

import dev.kith.doors.zmq.RequestHandler;
import dev.kith.embed.Embedder;
import dev.kith.engine.Engine;
import dev.kith.engine.EngineOptions;
import dev.kith.service.Caller;
import dev.kith.service.Command;
import dev.kith.service.CommandService;
import dev.kith.service.Keys;
import dev.kith.service.Service;
import dev.kith.vectors.Value;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A door over a real service and a real engine in memory; messages are given and read as values. */
final class DoorFixture implements AutoCloseable {
    private static final long MEMORY_BYTES = 256L << 20;

    private final Engine engine;
    private final ExecutorService compute = new ThreadPoolExecutor(
            2,
            2,
            1,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(16),
            Thread.ofPlatform().daemon().name("test-compute-", 0).factory());
    private final AtomicLong changes = new AtomicLong();
    /** What happens right before the next command of a kind. */
    private Optional<Ambush> ambush = Optional.empty();

    private final AtomicLong ids = new AtomicLong();
    private final FaissxDoor door;

    DoorFixture() {
        this(Optional.empty());
    }

    DoorFixture(Optional<Keys> keys) {
        this(Engine.open(EngineOptions.inMemory(MEMORY_BYTES, 2)), keys);
    }

    /** A door over this engine, which it closes. */
    DoorFixture(Engine engine, Optional<Keys> keys) {
        this.engine = engine;
        Service service = new CommandService(engine, Embedder.NONE, new SimpleMeterRegistry(), compute);
        door = new FaissxDoor(
                new Counting(service),
                new FaissxDoor.Settings(keys, "test", Clock.systemUTC(), () -> new UUID(1, ids.incrementAndGet())));
    }

    private record Ambush(Class<?> command, Runnable attack) {}

    /** Runs {@code attack} once, right before the next command of this kind is done, as if from another client. */
    void beforeNext(Class<?> command, Runnable attack) {
        ambush = Optional.of(new Ambush(command, attack));
    }

    /** Counts the commands that change something, also where they are refused. */
    private final class Counting implements Service {
        private final Service service;

        Counting(Service service) {
            this.service = service;
        }

        @Override
        public <R> R handle(Caller caller, Command<R> command) {
            Optional<Ambush> now = ambush.filter(waiting -> waiting.command().isInstance(command));
            now.ifPresent(waiting -> {
                ambush = Optional.empty();
                waiting.attack().run();
            });
            boolean changing = switch (command) {
                case Command.Create create -> true;
                case Command.Alter alter -> true;
                case Command.Drop drop -> true;
                case Command.Store store -> true;
                case Command.Revise revise -> true;
                case Command.Delete delete -> true;
                case Command.Reset reset -> true;
                case Command.Merge merge -> true;
                case Command.Train train -> true;
                case Command.Find find -> false;
                case Command.ListCollections list -> false;
                case Command.Search search -> false;
                case Command.Get get -> false;
                case Command.FindNeighbours find -> false;
                case Command.GetByKeys get -> false;
                case Command.GetByVectors get -> false;
                case Command.Select select -> false;
                case Command.Scan scan -> false;
                case Command.ScanByKey scan -> false;
                case Command.ListKeys list -> false;
                case Command.ListModels list -> false;
                case Command.FindModel find -> false;
                case Command.ListAll list -> false;
                case Command.Embed embed -> false;
                case Command.Cluster cluster -> false;
                case Command.Transform transform -> false;
            };
            if (changing) {
                changes.incrementAndGet();
            }
            return service.handle(caller, command);
        }
    }

    RequestHandler door() {
        return door;
    }

    long changes() {
        return changes.get();
    }

    /** A value from plain Java ones: numbers, texts, booleans, bytes, lists, maps and null. */
    static Value value(Object plain) {
        return switch (plain) {
            case null -> Value.NULL;
            case Value value -> value;
            case Boolean flag -> new Value.Bool(flag);
            case Integer number -> new Value.Int(number);
            case Long number -> new Value.Int(number);
            case Number number -> new Value.Real(number.doubleValue());
            case String text -> new Value.Text(text);
            case byte[] bytes -> new Value.Bytes(bytes);
            case float[] floats -> {
                java.util.ArrayList<Value> items = new java.util.ArrayList<>();
                for (float f : floats) {
                    items.add(new Value.Real(f));
                }
                yield new Value.Items(items);
            }
            case float[][] rows ->
                new Value.Items(
                        java.util.Arrays.stream(rows).map(DoorFixture::value).toList());
            case List<?> items ->
                new Value.Items(items.stream().map(DoorFixture::value).toList());
            case Map<?, ?> map -> {
                Map<String, Value> fields = new LinkedHashMap<>();
                map.forEach((name, field) -> fields.put((String) name, value(field)));
                yield new Value.Fields(fields);
            }
            default -> throw new IllegalArgumentException(plain.getClass().toString());
        };
    }

    /** A map of the given names and values. */
    static Map<String, Object> fields(Object... pairs) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            fields.put((String) pairs[i], pairs[i + 1]);
        }
        return fields;
    }

    static byte[] encode(Object message) {
        return new MsgpackWriter(Allowance.SMALL).value(value(message)).toArray();
    }

    static Value.Fields decode(ByteBuffer reply) {
        byte[] bytes = new byte[reply.remaining()];
        reply.get(bytes);
        MsgpackReader reader = new MsgpackReader(bytes);
        Value value = new ValueReader(reader, Allowance.SMALL).read();
        if (reader.remaining() != 0) {
            throw new IllegalStateException("bytes after the reply");
        }
        return (Value.Fields) value;
    }

    ByteBuffer handle(byte[] body) {
        return handle(body, RequestHandler.Memory.UNCOUNTED);
    }

    ByteBuffer handle(byte[] body, RequestHandler.Memory memory) {
        return door.handle(body, memory);
    }

    Reply send(byte[] body) {
        return new Reply(decode(handle(body)));
    }

    /** Sends an action with these fields. */
    Reply ask(String action, Object... pairs) {
        Map<String, Object> message = fields(pairs);
        message.put("action", action);
        return send(encode(message));
    }

    /** Sends an action that must succeed. */
    Reply done(String action, Object... pairs) {
        Reply reply = ask(action, pairs);
        if (!reply.isSuccess()) {
            throw new AssertionError(action + ": " + reply.fields());
        }
        return reply;
    }

    /** Makes an index of two dimensions. */
    void create(String id, String type) {
        done("create_index", "index_id", id, "dimension", 2, "index_type", type);
    }

    void add(String id, Object... vectors) {
        done("add_vectors", "index_id", id, "vectors", List.of(vectors));
    }

    /** A reply, read as plain values. */
    record Reply(Value.Fields fields) {
        boolean isSuccess() {
            return get("success").equals(true);
        }

        String error() {
            return (String) get("error");
        }

        boolean has(String field) {
            return fields.values().containsKey(field);
        }

        Object get(String field) {
            Value value = fields.values().get(field);
            if (value == null) {
                throw new AssertionError("no field " + field + " in " + fields);
            }
            return plain(value);
        }

        /** A field inside maps and arrays: names and positions. */
        Object at(Object... path) {
            Object here = plain(fields);
            for (Object step : path) {
                here = step instanceof Integer position ? ((List<?>) here).get(position) : ((Map<?, ?>) here).get(step);
            }
            return here;
        }

        private static Object plain(Value value) {
            return switch (value) {
                case Value.Null() -> "nil";
                case Value.Bool(boolean flag) -> flag;
                case Value.Int(long number) -> number;
                case Value.Real(double number) -> number;
                case Value.Text(String text) -> text;
                case Value.Bytes(byte[] bytes) -> bytes;
                case Value.Items items ->
                    items.values().stream().map(Reply::plain).toList();
                case Value.Fields map -> {
                    Map<String, Object> plain = new LinkedHashMap<>();
                    map.values().forEach((name, field) -> plain.put(name, plain(field)));
                    yield plain;
                }
            };
        }
    }

    @Override
    public void close() {
        compute.shutdownNow();
        engine.close();
    }
}
