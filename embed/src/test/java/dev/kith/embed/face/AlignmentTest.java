package dev.kith.embed.face;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kith.embed.face.Face.Box;
import dev.kith.embed.image.Pixels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AlignmentTest {
    /** Against Umeyama's solution by decomposition, in numpy. */
    @Test
    void upright_ofTurnedFaces_isUmeyamas() throws IOException {
        int faces = 0;
        try (InputStream in = AlignmentTest.class.getResourceAsStream("similarity.tsv");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                double[] numbers = Arrays.stream(line.split("\t"))
                        .mapToDouble(Double::parseDouble)
                        .toArray();
                float[] points = new float[10];
                for (int at = 0; at < points.length; at++) {
                    points[at] = (float) numbers[at];
                }

                Alignment found = Alignment.upright(points);

                assertThat(new double[] {found.a(), found.b(), found.c(), found.d()})
                        .containsExactly(Arrays.copyOfRange(numbers, 10, 14), within(1e-4));
                faces++;
            }
        }
        assertThat(faces).isEqualTo(8);
    }

    @Test
    void warped_byAMove_movesPixels() {
        byte[] samples = new byte[20 * 10 * 3];
        samples[(4 * 20 + 7) * 3 + 1] = (byte) 200;

        Pixels out = new Alignment(1, 0, 3, -2).warped(new Pixels(20, 10, 3, samples), 16);

        assertThat(out.samples()[(2 * 16 + 10) * 3 + 1] & 255).isEqualTo(200);
        int sum = 0;
        for (byte sample : out.samples()) {
            sum += sample & 255;
        }
        assertThat(sum).isEqualTo(200);
    }

    @Test
    void warped_halfway_weighsNeighbours() {
        byte[] samples = new byte[4 * 4 * 3];
        Arrays.fill(samples, (byte) 100);

        Pixels out = new Alignment(2, 0, 0, 0).warped(new Pixels(4, 4, 3, samples), 6);

        assertThat(out.samples()).containsOnly(100);
    }

    @Test
    void around_aBox_bringsItToTheMiddle() {
        Alignment around = Alignment.around(new Box(10, 20, 50, 40), 96);

        assertThat(around.a() * 30 + around.c()).isCloseTo(48, within(1e-9));
        assertThat(around.a() * 30 + around.d()).isCloseTo(48, within(1e-9));
        assertThat(around.a() * 40).isCloseTo(64, within(1e-9));
    }

    @Test
    void distinct_ofOverlappingFaces_keepsWhatNoSurerOneCovers() {
        long seed = 7;
        Random random = new Random(seed);
        List<Face> candidates = new ArrayList<>();
        for (int at = 0; at < 300; at++) {
            float x = random.nextInt(200);
            float y = random.nextInt(200);
            Box box = new Box(x, y, x + 10 + random.nextInt(60), y + 10 + random.nextInt(60));
            candidates.add(new Face(box, random.nextInt(100) / 100f, new float[10]));
        }

        List<Face> kept = Face.distinct(candidates, 0.4);

        assertThat(kept).as("seed %d", seed).isSortedAccordingTo(Face.SUREST);
        for (Face face : candidates) {
            boolean covered = kept.stream()
                    .anyMatch(other -> Face.SUREST.compare(other, face) <= 0
                            && other != face
                            && face.box().overlap(other.box()) > 0.4);
            assertThat(kept.contains(face)).isNotEqualTo(covered);
        }
    }

    @Test
    void overlap_ofBoxes_isSharedByCovered() {
        Box box = new Box(0, 0, 10, 10);

        assertThat(box.overlap(box)).isEqualTo(1);
        assertThat(box.overlap(new Box(5, 0, 15, 10))).isCloseTo(50 / 150.0, within(1e-9));
        assertThat(box.overlap(new Box(10, 10, 20, 20))).isZero();
    }
}
