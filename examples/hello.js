#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: MIT

/* A clock, and a disk that needs it: started, stopped, saved and restored. */

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import StateUnit from 'gi://StateUnit?version=1';

for (const operation of ['start', 'stop', 'save', 'restore'])
    Gio._promisify(StateUnit.Units.prototype, `${operation}_async`, `${operation}_finish`);

const Device = GObject.registerClass({
    Implements: [StateUnit.Unit],
}, class Device extends GObject.Object {
    starts = 0;

    vfunc_start(request) {
        // This takes a while: keep the request, return, and answer it later.
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, 50, () => {
            this.starts++;
            print(request.get_unit_name(), 'runs');
            request.complete();
            return GLib.SOURCE_REMOVE;
        });
    }

    vfunc_stop(request) {
        print(request.get_unit_name(), 'is stopped');
        request.complete();
    }

    vfunc_save(request) {
        request.complete_with_state(new GLib.Variant('a{sv}', {
            starts: new GLib.Variant('t', this.starts),
        }));
    }

    vfunc_restore(request) {
        this.starts = request.get_state().recursiveUnpack().starts;
        request.complete();
    }
});

const units = new StateUnit.Units();
units.add_unit('clock', new Device(), null);
units.add_unit('disk', new Device(), ['clock']);

await units.start_async(null);
await units.stop_async(null);
const snapshot = await units.save_async(null);
print('saved', snapshot.get_n_units(), 'units');
await units.restore_async(snapshot, null);
print('restored');
