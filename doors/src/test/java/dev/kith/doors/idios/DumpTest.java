package dev.kith.doors.idios;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.images.Images.Content;
import dev.kith.images.Images.Insertion;
import dev.kith.images.Images.Item;
import dev.kith.images.Images.OnFailure;
import dev.kith.service.Caller;
import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DumpTest {
    private static final int LIGHT = 16;
    private static final int HEAVY = 300;
    private static final int HEAVY_CHARS = 60_000;
    /** Such entries that make up the text of a batch. */
    private static final int HEAVY_A_BATCH = (2 << 20) / HEAVY_CHARS;

    private final MemoryImages images = new MemoryImages();

    private static Item item(int number, int chars) {
        Value.Fields metadata = Value.Fields.EMPTY.with("k", new Value.Text("x".repeat(chars)));
        return new Item(
                "http://a.example/%04d".formatted(number),
                Optional.of(metadata),
                new Content.Vector(new float[MemoryImages.DIMENSION]));
    }

    @Test
    void dump_heavyEntriesAfterLightOnes_readsAsManyAsTheyWeigh() {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < LIGHT + HEAVY; i++) {
            items.add(item(i, i < LIGHT ? 1 : HEAVY_CHARS));
        }
        images.insert(new Caller("default", IdiosDoor.NAME), "shipped", new Insertion(items, true, OnFailure.THROW));
        try (IdiosFixture door = new IdiosFixture(images, false)) {
            String dump = door.get("/models/shipped/dump").body();
            assertThat(dump).hasSizeGreaterThan(HEAVY * HEAVY_CHARS).endsWith("]}]");
            assertThat(door.room.used()).isZero();
        }
        // The first heavy ones are weighed when they are there.
        assertThat(images.asked.subList(2, images.asked.size())).isNotEmpty().allMatch(count -> count <= HEAVY_A_BATCH);
    }
}
