package org.edgeprobe.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReportTest {
    static final String NODE = "{\"host\": \"node1\", \"processors\": {\"online\": 2}, \"kvm\": true, \"guests\": [{}, {}],"
            + " \"memory\": {\"totalBytes\": 1577009152, \"availableBytes\": 1305223168}}";

    static String answer(String... hosts) {
        return "{\"refused\": 3, \"hosts\": [" + String.join(", ", hosts) + "]}";
    }

    @BeforeEach
    void verifies() {
        System.out.println("[[PROPERTY|scenario=EP-P1]]");
    }

    @Test
    void hostsAreReadInTheOrderOfTheAnswer() {
        Report report = Report.parse(answer(NODE, NODE.replace("node1", "node2")));
        assertEquals(List.of("node1", "node2"), report.hosts().stream().map(Host::name).toList());
        assertEquals(new Host("node1", 2, 1305223168L, true, 2), report.hosts().get(0));
    }

    @Test
    void refusedFramesAreRead() {
        assertEquals(new Report(3, List.of()), Report.parse(answer()));
    }

    @Test
    void memoryBeyondFourGibibytesIsExact() {
        String large = NODE.replace("1305223168", "1099511627777");
        assertEquals(1099511627777L, Report.parse(answer(large)).hosts().get(0).availableBytes());
    }

    @Test
    void whatIsNoAnswerIsRefused() {
        for (String text : List.of("", "[]", "{}", "{\"refused\": 3}", answer("{}"), answer(NODE).substring(0, 50),
                answer(NODE.replace("true", "{}")), answer(NODE.replace(": 2}", ": \"two\"}")))) {
            assertThrows(IllegalArgumentException.class, () -> Report.parse(text), text);
        }
    }
}
