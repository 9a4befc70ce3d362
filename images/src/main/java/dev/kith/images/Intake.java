package dev.kith.images;

import dev.kith.service.Caller;
import dev.kith.vectors.Rejection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * One insertion: several images are fetched and embedded at once, and stored in the order in which they are ready. Used
 * once, by one thread.
 */
final class Intake {
    /** Images of one insertion that are fetched and embedded at once. */
    private static final int WINDOW = 16;
    /** Images that are stored at once while others are still fetched: what a crash may lose, and one force. */
    private static final int BATCH = 64;

    /** What an insertion works with. */
    record Tools(Gallery gallery, Pictures pictures, Semaphore bulk) {}

    private final Tools tools;
    private final Caller caller;
    private final ImageModel model;
    private final Images.Insertion insertion;
    private final List<Images.Entry> ready = new ArrayList<>();
    private final List<String> added = new ArrayList<>();
    private final List<String> found = new ArrayList<>();
    private final List<Images.Failure> failed = new ArrayList<>();

    Intake(Tools tools, Caller caller, ImageModel model, Images.Insertion insertion) {
        this.tools = tools;
        this.caller = caller;
        this.model = model;
        this.insertion = insertion;
    }

    Images.Outcome run() {
        // A URL that comes twice counts once, with what comes last.
        Map<String, Images.Item> wanted = new LinkedHashMap<>();
        insertion.items().forEach(item -> wanted.put(item.url(), item));
        leaveKnown(wanted);
        List<Images.Item> pending = new ArrayList<>();
        for (Images.Item item : wanted.values()) {
            if (item.content() instanceof Images.Content.Vector(float[] vector)) {
                model.requireLength(item.url(), vector);
                ready.add(new Images.Entry(item.url(), item.metadata(), vector));
            } else {
                pending.add(item);
            }
        }
        if (!pending.isEmpty()) {
            embed(pending);
        }
        store();
        return new Images.Outcome(added, found, failed);
    }

    /** A first look, which saves fetching; what is stored in the meantime is left by the store itself. */
    private void leaveKnown(Map<String, Images.Item> wanted) {
        if (!insertion.replace()) {
            Set<String> known = new HashSet<>();
            tools.gallery.get(caller, model, List.copyOf(wanted.keySet())).forEach(entry -> known.add(entry.url()));
            wanted.keySet().stream().filter(known::contains).forEach(found::add);
            wanted.keySet().removeAll(known);
        }
    }

    private void embed(List<Images.Item> pending) {
        ExecutorService workers = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("kith-image-", 0).factory());
        try {
            var results = new ExecutorCompletionService<Result>(workers);
            Iterator<Images.Item> next = pending.iterator();
            int running = 0;
            while (running > 0 || next.hasNext()) {
                while (running < WINDOW && next.hasNext()) {
                    Images.Item item = next.next();
                    results.submit(() -> result(item, pending.size() > 1));
                    running++;
                }
                take(results.take().get());
                running--;
            }
        } catch (ExecutionException fault) {
            if (fault.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(fault);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new Rejection(Rejection.Code.UNAVAILABLE, "The request was cancelled");
        } finally {
            // Nobody waits for what still runs; it ends with its socket.
            workers.shutdownNow();
        }
    }

    private sealed interface Result {
        record Ready(Images.Entry entry) implements Result {}

        record Failed(Images.Failure failure) implements Result {}
    }

    private Result result(Images.Item item, boolean oneOfMany) throws InterruptedException {
        if (oneOfMany) {
            tools.bulk.acquire();
        }
        try {
            return new Result.Ready(new Images.Entry(item.url(), item.metadata(), vector(item)));
        } catch (BadImage bad) {
            return failure(item, bad, bad.text());
        } catch (Rejection busy) {
            if (busy.code() != Rejection.Code.EXHAUSTED) {
                throw busy;
            }
            return failure(item, busy, busy.text());
        } finally {
            if (oneOfMany) {
                tools.bulk.release();
            }
        }
    }

    private Result failure(Images.Item item, RuntimeException reason, String text) {
        if (insertion.onFailure() == Images.OnFailure.THROW) {
            throw reason;
        }
        return new Result.Failed(new Images.Failure(item.url(), text));
    }

    private float[] vector(Images.Item item) {
        return switch (item.content()) {
            case Images.Content.AtUrl _ -> tools.pictures.ofUrl(caller, model, item.url());
            case Images.Content.File(byte[] bytes) -> tools.pictures.ofFile(caller, model, bytes);
            case Images.Content.Vector(float[] vector) -> vector;
        };
    }

    private void take(Result result) {
        switch (result) {
            case Result.Ready(Images.Entry entry) -> ready.add(entry);
            case Result.Failed(Images.Failure failure) -> failed.add(failure);
        }
        if (insertion.onFailure() == Images.OnFailure.REPORT && ready.size() >= BATCH) {
            store();
        }
    }

    private void store() {
        if (ready.isEmpty()) {
            return;
        }
        boolean[] existed = tools.gallery.store(caller, model, List.copyOf(ready), insertion.replace());
        for (int at = 0; at < existed.length; at++) {
            (existed[at] && !insertion.replace() ? found : added)
                    .add(ready.get(at).url());
        }
        ready.clear();
    }
}
