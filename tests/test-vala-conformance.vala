// SPDX-License-Identifier: MIT

// The tests of a unit in Vala.

class Lamp : Object, StateUnit.Unit {
}

int main (string[] args) {
    Test.init (ref args);
    StateUnitTesting.Conformance.add ("/lamp", StateUnitTesting.ConformanceFlags.NO_SAVE, () => {
        return new Lamp ();
    });
    return Test.run ();
}
