// SPDX-License-Identifier: MIT

/* What a unit in JavaScript can do with its requests. */

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import StateUnit from 'gi://StateUnit?version=1';

import {answering} from '../../examples/answering.js';
import {assertEqual, assertError, caught, runTests, sleep, states, unitClass, until} from './harness.js';

const {Operation, UnitState} = StateUnit;

function setOf(units) {
    const set = new StateUnit.Units();

    for (const [name, unit] of Object.entries(units))
        set.add_unit(name, unit, null);
    return set;
}

/* Writes down what it is asked, and answers. */
class RecorderClass extends GObject.Object {
    asked = [];

    note(request) {
        this.asked.push(StateUnit.operation_to_string(request.get_operation()));
        request.complete();
    }

    vfunc_start(request) {
        this.note(request);
    }

    vfunc_stop(request) {
        this.note(request);
    }

    vfunc_reset(request) {
        this.note(request);
    }

    vfunc_save(request) {
        this.asked.push('save');
        request.complete_with_state(new GLib.Variant('s', 'kept'));
    }

    vfunc_restore(request) {
        assertEqual(request.get_state().unpack(), 'kept');
        this.note(request);
    }

    vfunc_post_restore(request) {
        this.note(request);
    }

    vfunc_inspect(request) {
        this.asked.push(`inspect ${request.get_inspect_path()}`);
        request.complete_with_state(new GLib.Variant('a{sv}', {
            lines: new GLib.Variant('as', ['irq', 'nmi']),
        }));
    }
}
const Recorder = unitClass(RecorderClass);

const Hanging = unitClass(class Hanging extends GObject.Object {
    vfunc_start(request) {
        this.request = request;
    }
});

await runTests({
    'each function of the interface is called': async () => {
        const unit = new Recorder();
        const units = setOf({recorder: unit});

        await units.start_async(null);
        await units.stop_async(null);
        await units.reset_async(null);
        await units.restore_async(await units.save_async(null), null);
        const tree = (await units.inspect_async('recorder/lines', 0, 0, null)).recursiveUnpack();
        assertEqual(unit.asked, ['start', 'stop', 'reset', 'save', 'restore', 'post-restore', 'inspect lines']);
        assertEqual(tree, {lines: ['irq', 'nmi']});
    },

    'what a unit does not implement succeeds': async () => {
        const units = setOf({plain: new (unitClass(class Plain extends GObject.Object {}))()});

        await units.start_async(null);
        await units.stop_async(null);
        await units.reset_async(null);
        assertEqual((await units.save_async(null)).n_units, 0);
    },

    'a unit may take the raw requests': async () => {
        const Queue = unitClass(class Queue extends GObject.Object {
            asked = [];

            vfunc_handle_request(request) {
                this.asked.push(request.get_operation());
                request.complete();
            }
        });
        const unit = new Queue();
        const units = setOf({queue: unit});

        await units.start_async(null);
        await units.stop_async(null);
        assertEqual(unit.asked, [Operation.START, Operation.STOP]);
    },

    'a request may be applied to another unit': async () => {
        const Proxy = unitClass(class ProxyUnit extends GObject.Object {
            behind = new Recorder();

            vfunc_handle_request(request) {
                request.apply(this.behind);
            }
        });
        const unit = new Proxy();

        await setOf({proxy: unit}).start_async(null);
        assertEqual(unit.behind.asked, ['start']);
    },

    'the version of a state is declared and checked': async () => {
        const Disk = unitClass(class VersionedDisk extends GObject.Object {
            vfunc_get_state_version() {
                return [3, 2];
            }

            vfunc_save(request) {
                request.complete_with_state(new GLib.Variant('u', request.get_state_version()));
            }

            vfunc_restore(request) {
                this.restored = [request.get_state_version(), request.get_state().unpack()];
                request.complete();
            }
        });
        const disk = new Disk();
        const units = setOf({disk});
        const snapshot = await units.save_async(null);

        assertEqual(snapshot.get_version('disk'), 3);
        await units.restore_async(snapshot.with_unit('disk', 2, new GLib.Variant('u', 7)), null);
        assertEqual(disk.restored, [2, 7]);

        const old = snapshot.with_unit('disk', 1, new GLib.Variant('u', 7));
        assertError(await caught(() => units.restore_async(old, null)),
            StateUnit.Error, StateUnit.Error.VERSION);
        assertEqual(disk.restored, [2, 7]);
    },

    'a failure reaches the caller, the step and the handle': async () => {
        const Disk = unitClass(class FailingDisk extends GObject.Object {
            vfunc_start(request) {
                request.fail(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, 'no disk'));
            }

            vfunc_stop(request) {
                request.fail_literal(Gio.io_error_quark(), Gio.IOErrorEnum.BUSY, 'busy');
            }
        });
        const units = setOf({disk: new Disk()});
        const handle = units.lookup('disk');
        const error = await caught(() => units.start_async(null));

        assertError(error, StateUnit.Error, StateUnit.Error.TRANSITION_FAILED,
            'start failed: {disk: no disk}');
        assertEqual(handle.state, UnitState.FAILED);
        assertError(handle.error, Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, 'no disk');
        assertError(units.last_transition.get_item(0).error, Gio.IOErrorEnum,
            Gio.IOErrorEnum.NOT_FOUND, 'no disk');
    },

    'an answer that is none fails the request': async () => {
        const Disk = unitClass(class NumberDisk extends GObject.Object {
            vfunc_inspect(request) {
                request.complete_with_state(new GLib.Variant('u', 7));
            }
        });
        const tree = await setOf({disk: new Disk()}).inspect_async('disk', 0, 0, null);

        assertEqual(typeof tree.recursiveUnpack().inspect_error, 'string');
    },

    'a cancelled start is answered by the unit': async () => {
        const Disk = unitClass(class CancellableDisk extends GObject.Object {
            vfunc_start(request) {
                request.get_cancellable().connect(() => {
                    request.fail(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, 'gave up'));
                });
                this.asked = true;
            }
        });
        const disk = new Disk();
        const units = setOf({disk});
        const cancellable = new Gio.Cancellable();
        const start = units.start_async(cancellable);

        await until(() => disk.asked);
        cancellable.cancel();
        assertError(await caught(() => start), Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
        assertEqual(states(units), 'disk:stopped');
    },

    'a unit that hangs costs its own time limit': async () => {
        const disk = new Hanging();
        const units = new StateUnit.Units();

        units.add('disk').set_timeout(Operation.START, 20).build(disk);
        units.add_unit('clock', new Recorder(), null);
        const error = await caught(() => units.start_async(null));
        assertError(error, StateUnit.Error, StateUnit.Error.TRANSITION_FAILED,
            'start failed: {disk: timed out after 20 ms}');
        assertEqual(states(units), 'disk:uncertain clock:running');

        disk.request.complete();
        await until(() => units.lookup('disk').state !== UnitState.UNCERTAIN);
        assertEqual(states(units), 'disk:running clock:running');
    },

    'a transition is abandoned': async () => {
        const disk = new Hanging();
        const units = setOf({disk});
        const start = units.start_async(null);

        await until(() => disk.request);
        units.current_transition.abandon();
        assertError(await caught(() => start), Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
        assertEqual(states(units), 'disk:uncertain');
        disk.request.complete();
    },

    'a request has progress': async () => {
        const disk = new Hanging();
        const units = setOf({disk});
        const start = units.start_async(null);

        await until(() => disk.request);
        disk.request.set_progress(0.5, 'half way');
        const step = units.current_transition.get_item(0);
        await until(() => step.progress === 0.5);
        assertEqual(step.message, 'half way');
        disk.request.complete();
        await start;
        assertEqual(step.outcome, StateUnit.StepOutcome.SUCCEEDED);
    },

    'a unit that stops unasked says so': async () => {
        const [clock, disk] = [new Recorder(), new Recorder()];
        const units = setOf({clock, disk});

        await units.start_async(null);
        clock.ended(null);
        disk.ended(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BROKEN_PIPE, 'gone'));
        await until(() => units.lookup('disk').state === UnitState.FAILED);
        assertEqual(states(units), 'clock:stopped disk:failed');
        assertEqual(units.lookup('disk').error.message, 'gone');
    },

    'a unit is driven outside a set': async () => {
        const unit = new Recorder();

        assertEqual(await unit.send_async(Operation.START, null, null), null);
        assertEqual((await unit.send_async(Operation.SAVE, null, null)).unpack(), 'kept');
        assertEqual(unit.asked, ['start', 'save']);
    },

    'properties are inspected and updated': async () => {
        const Disk = unitClass(class PropertyDisk extends GObject.Object {}, {
            depth: GObject.ParamSpec.int('depth', null, null, GObject.ParamFlags.READWRITE, 0, 64, 8),
        });
        const disk = new Disk({depth: 8});
        const units = setOf({disk});
        const tree = (await units.inspect_async(null, 0, 0, null)).recursiveUnpack();

        assertEqual(tree.disk.unit_state, 'stopped');
        assertEqual(tree.disk.depth, 8);
        assertEqual((await units.update_async('disk/depth', new GLib.Variant('i', 16), null)).unpack(), 16);
        assertEqual(disk.depth, 16);
        await caught(() => units.update_async('disk/path', new GLib.Variant('s', '/dev/sdb'), null));
        await caught(() => units.update_async('disk/depth', new GLib.Variant('s', 'deep'), null));
        assertEqual(disk.depth, 16);
    },

    'a subclass repeats Implements, and leaves its parent alone': async () => {
        const Sub = unitClass(class SubRecorder extends Recorder {
            vfunc_stop(request) {
                this.asked.push('stop of the subclass');
                request.complete();
            }
        });
        const [parent, sub] = [new Recorder(), new Sub()];
        const units = setOf({parent, sub});

        await units.start_async(null);
        await units.stop_async(null);
        assertEqual(parent.asked, ['start', 'stop']);
        assertEqual(sub.asked, ['start', 'stop of the subclass']);

        const error = await caught(() => GObject.registerClass(
            class Unregistered extends Recorder {
                vfunc_stop() {}
            }));
        if (!error.message.includes('does not implement StateUnit.Unit'))
            throw error;
    },

    'an async function that fails answers with its exception': async () => {
        const Disk = unitClass(answering(class AnsweringDisk extends GObject.Object {
            vfunc_start() {
                throw new Error('no disk');
            }

            async vfunc_stop() {
                await sleep(1);
                throw new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'busy');
            }

            async vfunc_reset(request) {
                await sleep(1);
                request.complete();
                throw new Error('late');
            }

            async vfunc_save(request) {
                await sleep(1);
                request.complete_with_state(new GLib.Variant('s', 'kept'));
            }

            vfunc_get_state_version() {
                return [3, 2];
            }
        }));
        const disk = new Disk();

        assertError(await caught(() => disk.send_async(Operation.START, null, null)),
            Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED, 'Error: no disk');
        assertError(await caught(() => disk.send_async(Operation.STOP, null, null)),
            Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'busy');
        await disk.send_async(Operation.RESET, null, null);
        assertEqual((await disk.send_async(Operation.SAVE, null, null)).unpack(), 'kept');
        assertEqual((await setOf({disk}).save_async(null)).get_version('disk'), 3);
    },
});
