// SPDX-License-Identifier: MIT

/* What cannot work from JavaScript fails, and hangs nobody for good. GJS logs
 * criticals of its own here, so that this test runs without fatal ones. */

import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import System from 'system';
import StateUnit from 'gi://StateUnit?version=1';

import {assertEqual, assertError, caught, runTests, sleep, states, unitClass} from './harness.js';

async function assertDropped(units) {
    assertError(await caught(() => units.start_async(null)),
        StateUnit.Error, StateUnit.Error.TRANSITION_FAILED);
    assertError(units.last_transition.get_item(0).error, StateUnit.Error, StateUnit.Error.DROPPED);
    assertEqual(units.last_transition.get_item(0).outcome, StateUnit.StepOutcome.DROPPED);
    assertEqual(states(units), 'disk:failed');
}

await runTests({
    'a function that throws has dropped its request, once it is collected': async () => {
        const Disk = unitClass(class ThrowingDisk extends GObject.Object {
            vfunc_start() {
                throw new Error('thrown on purpose');
            }
        });
        const units = new StateUnit.Units();
        const collect = GLib.timeout_add(GLib.PRIORITY_DEFAULT, 10, () => {
            System.gc();
            return GLib.SOURCE_CONTINUE;
        });

        units.add_unit('disk', new Disk(), null);
        await assertDropped(units);
        GLib.source_remove(collect);
    },

    'a function that throws is bounded by its time limit': async () => {
        const Disk = unitClass(class TimedDisk extends GObject.Object {
            vfunc_start(request) {
                this.request = request;
                throw new Error('thrown on purpose');
            }
        });
        const units = new StateUnit.Units();

        units.add('disk').set_timeout(StateUnit.Operation.START, 20).build(new Disk());
        await caught(() => units.start_async(null));
        assertError(units.last_transition.get_item(0).error,
            StateUnit.Error, StateUnit.Error.TIMED_OUT);
    },

    'work on another thread is refused by GJS, and fails the request': async () => {
        const Disk = unitClass(class ThreadDisk extends GObject.Object {
            vfunc_start(request) {
                request.run_in_thread(() => request.complete());
            }
        });
        const units = new StateUnit.Units();

        units.add_unit('disk', new Disk(), null);
        await assertDropped(units);
    },

    'a spawned unit is not called, and its requests fail': async () => {
        const Disk = unitClass(class SpawnedDisk extends GObject.Object {
            vfunc_start(request) {
                request.complete();
            }
        });
        const units = new StateUnit.Units();

        units.add('disk').spawn(new Disk());
        await assertDropped(units);
        units.lookup('disk').discard();
        await sleep(1);
    },
});
