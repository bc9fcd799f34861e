package org.edgeprobe.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static final long GIB = 1L << 30;

    @BeforeEach
    void verifies() {
        System.out.println("[[PROPERTY|scenario=EP-P2]]");
    }

    private static Host host(String name, long gib, int guests) {
        return new Host(name, 4, gib * GIB, true, guests);
    }

    private static Optional<String> chosen(long gib, Host... hosts) {
        return Placement.choose(new Report(0, List.of(hosts)), gib * GIB).map(Host::name);
    }

    @Test
    void theHostWithTheFewestGuestsIsChosen() {
        assertEquals(Optional.of("idle"), chosen(1, host("busy", 8, 3), host("idle", 2, 1)));
    }

    @Test
    void ofThoseTheOneWithMostMemory() {
        assertEquals(Optional.of("large"), chosen(1, host("small", 2, 1), host("large", 8, 1)));
    }

    @Test
    void ofThoseTheFirstByName() {
        assertEquals(Optional.of("a"), chosen(1, host("b", 2, 0), host("a", 2, 0)));
    }

    @Test
    void aGuestFitsExactly() {
        assertEquals(Optional.of("a"), chosen(2, host("a", 2, 0)));
        assertEquals(Optional.empty(), chosen(3, host("a", 2, 0)));
    }

    @Test
    void aHostWithoutKvmIsNoHost() {
        assertEquals(Optional.empty(), chosen(1, new Host("plain", 4, 8 * GIB, false, 0)));
    }

    @Test
    void aThousandHostsAreComparedQuickly() {
        List<Host> hosts = new ArrayList<>();
        for (int index = 0; index < 1_000; index++) {
            hosts.add(host("node" + index, index % 64, index % 7));
        }
        Report report = new Report(0, hosts);
        int decisions = 200;
        long began = System.nanoTime();
        for (int turn = 0; turn < decisions; turn++) {
            assertTrue(Placement.choose(report, turn % 32 * GIB).isPresent());
        }
        double seconds = Math.max(1, System.nanoTime() - began) / 1e9;
        System.out.printf(java.util.Locale.ROOT, "[[MEASURE|placements=%.1f decisions/s|higher]]%n", decisions / seconds);
    }
}
