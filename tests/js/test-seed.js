// SPDX-License-Identifier: MIT

/* The tests that come with OpenVMM's crate, in JavaScript. */

import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import StateUnit from 'gi://StateUnit?version=1';

import {assertEqual, runTests, sleep, states, unitClass} from './harness.js';

/* A unit with one value, which is its state if it has any. */
const Unit = unitClass(class SeedUnit extends GObject.Object {
    constructor({value = false, hasState = false, restored = [], delay = 0} = {}) {
        super();
        Object.assign(this, {value, hasState, restored, delay});
    }

    vfunc_save(request) {
        request.complete_with_state(this.hasState ? new GLib.Variant('b', this.value) : null);
    }

    async vfunc_restore(request) {
        await sleep(this.delay);
        this.value = request.get_state().unpack();
        this.restored.push(request.get_unit_name());
        request.complete();
    }
});

await runTests({
    'state change': async () => {
        const units = new StateUnit.Units();
        const a = new Unit({value: true, hasState: true});

        units.add_unit('a', a, null);
        units.add_unit('b', new Unit(), null);
        await units.start_async(null);
        assertEqual(units.running, true);

        units.add_unit('c', new Unit(), null);
        assertEqual(states(units), 'a:running b:running c:stopped');
        await units.stop_async(null);
        assertEqual(states(units), 'a:stopped b:stopped c:stopped');
        await units.start_async(null);
        assertEqual(states(units), 'a:running b:running c:running');
        await units.stop_async(null);
        assertEqual(units.running, false);

        const snapshot = await units.save_async(null);
        assertEqual(snapshot.list_names(), ['a']);
        a.value = false;
        await units.restore_async(snapshot, null);
        assertEqual(a.value, true, 'the value of a');
    },

    'dependencies': async () => {
        const units = new StateUnit.Units();
        const restored = [];
        const zzz = new Unit({value: true, hasState: true, restored, delay: 20});
        const handle = units.add_unit('zzz', zzz, null);

        units.add('aaa').depends_on(handle).build(new Unit({hasState: true, restored}));
        await units.start_async(null);
        await units.stop_async(null);

        const snapshot = await units.save_async(null);
        zzz.value = false;
        await units.restore_async(snapshot, null);
        assertEqual(restored, ['zzz', 'aaa']);
        assertEqual(zzz.value, true, 'the value of zzz');
    },

    'dependency without saved state': async () => {
        const units = new StateUnit.Units();
        const restored = [];
        const a = units.add_unit('a', new Unit({hasState: true, restored}), null);
        const b = units.add('b').dependency_of(a).build(new Unit({restored}));
        const c = new Unit({value: true, hasState: true, restored, delay: 100});

        units.add('c').dependency_of(b).build(c);
        const snapshot = await units.save_async(null);
        assertEqual(snapshot.list_names(), ['a', 'c']);
        c.value = false;
        await units.restore_async(snapshot, null);
        assertEqual(restored, ['c', 'a'], 'a waits for c through b, which is not asked');
        assertEqual(c.value, true, 'the value of c');
    },
});
