// SPDX-License-Identifier: MIT

/* What a program in JavaScript does with a set. */

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import System from 'system';
import StateUnit from 'gi://StateUnit?version=1';

import {assertEqual, assertError, caught, items, runTests, sleep, states, unitClass, until}
    from './harness.js';

const {DependencyFlags, FailurePolicy, Operation, OperationFlags, UnitState} = StateUnit;

/* A number that is saved; a start that fails if it is negative. */
const Counter = unitClass(class Counter extends GObject.Object {
    constructor(value = 0) {
        super();
        this.value = value;
    }

    async vfunc_start(request) {
        await sleep(1);
        if (this.value < 0)
            request.fail_literal(Gio.io_error_quark(), Gio.IOErrorEnum.FAILED, 'no such device');
        else
            request.complete();
    }

    vfunc_save(request) {
        request.complete_with_state(new GLib.Variant('a{sv}', {
            value: new GLib.Variant('i', this.value),
        }));
    }

    vfunc_restore(request) {
        this.value = request.get_state().recursiveUnpack().value;
        request.complete();
    }
});

function newSet() {
    const units = new StateUnit.Units();
    const clock = new Counter(1);
    const disk = new Counter(2);
    const shell = new Counter(3);

    units.add_unit('clock', clock, null);
    units.add_unit('disk', disk, ['clock']);
    units.add_unit('shell', shell, ['disk']);
    return {units, clock, disk, shell};
}

function handles(units, ...names) {
    return names.map(name => units.lookup(name));
}

await runTests({
    'signals tell what happens': async () => {
        const {units} = newSet();
        const heard = [];

        units.connect('unit-state-changed', (_units, handle, old, state) => {
            heard.push(`${handle.name} ${[old, state].map(value => StateUnit.unit_state_to_string(value)).join('→')}`);
        });
        units.connect('transition-started', (_units, transition) => {
            heard.push(`begin ${StateUnit.operation_to_string(transition.operation)}`);
        });
        units.connect('transition-finished', (_units, transition) => {
            heard.push(StateUnit.transition_status_to_string(transition.status));
        });
        units.connect('notify::running', () => heard.push(`running ${units.running}`));
        units.lookup('shell').discard();
        await units.start_async(null);
        assertEqual(heard.filter(what => !what.startsWith('running')), [
            'begin start',
            'clock stopped→starting',
            'clock starting→running',
            'disk stopped→starting',
            'disk starting→running',
            'succeeded',
        ]);
        assertEqual(heard.includes('running true'), true);
    },

    'a set is a list of handles': () => {
        const {units, clock} = newSet();

        assertEqual([...items(units)].map(handle => handle.name), ['clock', 'disk', 'shell']);
        assertEqual(units.lookup('window'), null);
        assertEqual(units.lookup('clock').unit === clock, true, 'the same object');
        assertEqual(units.lookup('disk').dependencies, ['clock']);
        assertEqual(units.lookup('disk').dependents, ['shell']);
    },

    'what cannot be built is refused': async () => {
        const {units, clock} = newSet();
        const [first, , last] = handles(units, 'clock', 'disk', 'shell');
        const refused = async (build, code) => {
            assertError(await caught(build), StateUnit.Error, StateUnit.Error[code]);
        };

        await refused(() => units.add_unit('clock', new Counter(), null), 'NAME_IN_USE');
        await refused(() => units.add_unit('clock2', clock, null), 'UNIT_IN_USE');
        await refused(() => units.add_unit('', new Counter(), null), 'INVALID_NAME');
        await refused(() => units.add('x').depends_on(last).dependency_of(first).build(null), 'CYCLE');
        assertEqual(units.get_n_items(), 3);
    },

    'edges are for some operations, and for the order alone': async () => {
        const {units} = newSet();
        const [clock] = handles(units, 'clock');

        clock.unit.value = -1;
        units.add('logger').add_dependency(clock, DependencyFlags.ORDER_ONLY, OperationFlags.START)
            .build(new Counter());
        await caught(() => units.start_async(null));
        assertEqual(states(units), 'clock:failed disk:stopped shell:stopped logger:running');
    },

    'a failed start is rolled back': async () => {
        const {units, shell} = newSet();

        shell.value = -1;
        units.failure_policy = FailurePolicy.ROLL_BACK;
        assertError(await caught(() => units.start_async(null)), StateUnit.Error,
            StateUnit.Error.TRANSITION_FAILED, 'start failed: {shell: no such device}');
        assertEqual(states(units), 'clock:stopped disk:stopped shell:failed');
    },

    'a transition takes some of the units': async () => {
        const {units} = newSet();
        const start = StateUnit.Transition.new(units, Operation.START);

        start.set_handles(handles(units, 'disk'));
        const plan = start.plan();
        assertEqual(plan.get_n_levels(), 2);
        assertEqual([0, 1].map(n => plan.get_level(n)), [['clock'], ['disk']]);
        await start.run_async(null);
        assertEqual(start.get_critical_path(), ['clock', 'disk']);
        assertEqual([...items(start)].map(step => [step.name, step.outcome]), [
            ['clock', StateUnit.StepOutcome.SUCCEEDED],
            ['disk', StateUnit.StepOutcome.SUCCEEDED],
        ]);
        assertEqual(states(units), 'clock:running disk:running shell:stopped');

        const none = StateUnit.Transition.new(units, Operation.STOP);
        none.set_handles([]);
        await none.run_async(null);
        assertEqual(states(units), 'clock:running disk:running shell:stopped');
    },

    'a running set is saved and reverted, and runs on': async () => {
        const {units, clock} = newSet();

        await units.start_async(null);
        const save = StateUnit.Transition.new(units, Operation.SAVE);
        save.set_resume(true);
        await save.run_async(null);
        assertEqual(states(units), 'clock:running disk:running shell:running');

        clock.value = 7;
        const revert = StateUnit.Transition.new(units, Operation.RESTORE);
        revert.set_snapshot(save.get_snapshot());
        revert.set_resume(true);
        await revert.run_async(null);
        assertEqual(clock.value, 1);
        assertEqual(states(units), 'clock:running disk:running shell:running');
    },

    'a transition in the queue is cancelled': async () => {
        const {units} = newSet();
        const cancellable = new Gio.Cancellable();
        const start = units.start_async(null);
        const stop = units.stop_async(cancellable);

        cancellable.cancel();
        assertError(await caught(() => stop), Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
        await start;
        assertEqual(states(units), 'clock:running disk:running shell:running');
    },

    'snapshots go into files and come back': async () => {
        const folder = GLib.Dir.make_tmp('state-unit-XXXXXX');
        const [first, second] = ['first', 'second'].map(name => GLib.build_filenamev([folder, name]));

        try {
            const {units, disk} = newSet();
            const saved = (await units.save_async(null)).with_metadata(new GLib.Variant('a{sv}', {
                machine: new GLib.Variant('s', 'q35'),
            }));

            saved.save_to_file(first);
            await saved.save_to_file_async(second, null);
            for (const snapshot of [StateUnit.Snapshot.load_from_file(first),
                await StateUnit.Snapshot.load_from_file_async(second, null),
                StateUnit.Snapshot.new_from_bytes(saved.to_bytes())]) {
                assertEqual(snapshot.list_names(), ['clock', 'disk', 'shell']);
                assertEqual(snapshot.lookup('disk').recursiveUnpack(), {value: 2});
                assertEqual(snapshot.metadata.recursiveUnpack(), {machine: 'q35'});
                disk.value = 0;
                await units.restore_async(snapshot, null);
                assertEqual(disk.value, 2);
            }

            GLib.file_set_contents(first, 'no snapshot');
            assertError(await caught(() => StateUnit.Snapshot.load_from_file(first)),
                StateUnit.Error, StateUnit.Error.INVALID_SNAPSHOT);
            assertError(await caught(() => StateUnit.Snapshot.load_from_file_async(first, null)),
                StateUnit.Error, StateUnit.Error.INVALID_SNAPSHOT);
        } finally {
            [first, second].forEach(name => GLib.unlink(name));
            GLib.rmdir(folder);
        }
    },

    'a receiver has the requests of its unit': async () => {
        const units = new StateUnit.Units();
        const [handle, receiver] = units.add('queue').build_receiver();
        const served = [];
        const serve = async () => {
            for (let request; (request = await receiver.receive_async(null)) !== null;) {
                served.push(request.get_operation());
                request.complete();
            }
        };
        const server = serve();

        await units.start_async(null);
        assertEqual(handle.state, UnitState.RUNNING);
        await units.stop_async(null);
        assertEqual(receiver.try_receive(), null);
        receiver.close();
        await server;
        assertEqual(served, [Operation.START, Operation.STOP]);
        assertEqual(handle.state, UnitState.LOST);
    },

    'the tree of a set is read with an inspector': async () => {
        const {units} = newSet();
        const inspector = units.get_inspector();
        const tree = (await inspector.inspect_async('disk', 0, 0, null)).recursiveUnpack();

        assertEqual(tree, {unit_state: 'stopped', dependencies: ['clock'], dependents: ['shell']});
    },

    'a set is a unit of another': async () => {
        const {units, disk} = newSet();
        const outer = new StateUnit.Units();

        outer.add_unit('machine', units, null);
        await outer.start_async(null);
        assertEqual(states(units), 'clock:running disk:running shell:running');
        await outer.stop_async(null);
        const snapshot = await outer.save_async(null);
        disk.value = 0;
        await outer.restore_async(snapshot, null);
        assertEqual(disk.value, 2);
    },

    'a unit that has left is collected, and ends the lifetime of others': async () => {
        const {units} = newSet();
        let shell = units.lookup('shell').unit;
        const others = new StateUnit.Units();

        others.add('companion').set_lifetime(shell).build(null);
        await units.start_async(null);
        assertEqual(await units.lookup('shell').remove_async(null) === shell, true);
        units.lookup('disk').discard();
        shell = null;
        assertEqual(states(units), 'clock:running');
        await until(() => {
            System.gc();
            return others.lookup('companion') === null;
        });
    },
});
