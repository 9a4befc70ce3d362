package dev.kith.service;

import dev.kith.embed.Embedder;
import dev.kith.embed.Unembeddable;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Vectors;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ExecutorService;

/**
 * Does commands against one store: finds the handler of each command's family, counts and times it, and turns whatever
 * is not a refusal into one log entry and an {@code INTERNAL} refusal without details. Safe on any thread; long
 * computations run on the given executor while the caller waits.
 */
public final class CommandService implements Service {
    private static final Logger LOG = System.getLogger(CommandService.class.getName());

    private final CollectionCommands collections;
    private final PointCommands points;
    private final ComputeCommands computations;
    private final Embedder embedder;
    private final CommandMetrics metrics;

    /**
     * A service over a store; closes none of what it is given.
     *
     * @param compute platform threads for work that takes longer than a search; its queue must be bounded
     */
    public CommandService(Vectors vectors, Embedder embedder, MeterRegistry registry, ExecutorService compute) {
        Names names = new Names(vectors);
        this.collections = new CollectionCommands(vectors, names);
        this.points = new PointCommands(vectors, names);
        this.computations = new ComputeCommands(vectors, names, compute);
        this.embedder = embedder;
        this.metrics = new CommandMetrics(registry);
    }

    @Override
    public <R> R handle(Caller caller, Command<R> command) {
        Timer.Sample sample = metrics.start();
        try {
            if (!caller.wanted().getAsBoolean()) {
                throw new Rejection(Rejection.Code.UNAVAILABLE, "Nobody waits for the answer any more");
            }
            @SuppressWarnings("unchecked") // dispatch answers each command with its own R
            R reply = (R) dispatch(caller, command);
            return reply;
        } catch (Rejection refused) {
            metrics.failed(refused.code(), caller, command);
            throw refused;
        } catch (Unembeddable refused) {
            metrics.failed(Rejection.Code.INVALID, caller, command);
            throw refused;
        } catch (RuntimeException | Error fault) {
            Rejection refused = internal(caller, command, fault);
            metrics.failed(refused.code(), caller, command);
            throw refused;
        } finally {
            metrics.done(sample, caller, command);
        }
    }

    private Object dispatch(Caller caller, Command<?> command) {
        return switch (command) {
            case Command.Create create -> collections.create(caller, create);
            case Command.Find find -> collections.find(caller, find);
            case Command.ListCollections list -> collections.list(caller, list);
            case Command.ListAll _ -> collections.listAll(caller);
            case Command.Alter alter -> collections.alter(caller, alter);
            case Command.Drop drop -> collections.drop(caller, drop);
            case Command.Reset reset -> collections.reset(caller, reset);
            case Command.Merge merge -> collections.merge(caller, merge);
            case Command.Store store -> points.store(caller, store);
            case Command.Revise revise -> points.revise(caller, revise);
            case Command.Delete delete -> points.delete(caller, delete);
            case Command.Search search -> points.search(caller, search);
            case Command.FindNeighbours find -> points.neighbours(caller, find);
            case Command.Get get -> points.get(caller, get);
            case Command.GetByKeys get -> points.getByKeys(caller, get);
            case Command.GetByVectors get -> points.getByVectors(caller, get);
            case Command.Select select -> points.select(caller, select);
            case Command.Scan scan -> points.scan(caller, scan);
            case Command.ScanByKey scan -> points.scanByKey(caller, scan);
            case Command.ListKeys list -> points.keys(caller, list);
            case Command.ListModels _ -> embedder.models();
            case Command.FindModel find -> embedder.find(find.name());
            case Command.Embed embed -> embedder.embed(embed.model(), embed.inputs(), embed.preparation());
            case Command.Cluster cluster -> computations.cluster(cluster);
            case Command.Train train -> computations.train(caller, train);
            case Command.Transform transform -> computations.transform(caller, transform);
        };
    }

    private static Rejection internal(Caller caller, Command<?> command, Throwable fault) {
        LOG.log(
                Level.ERROR,
                () -> "Command %s through %s failed"
                        .formatted(command.getClass().getSimpleName(), caller.door()),
                fault);
        return new Rejection(Rejection.Code.INTERNAL, "Internal error; the server's log has the reason");
    }
}
