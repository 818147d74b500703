// SPDX-License-Identifier: MIT

/* For units in JavaScript: exceptions become failures. GJS logs what a function
 * of a unit throws, and goes on; whoever asked would wait until the garbage
 * collector finds the request. */

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

/* Makes what a function of a class of units throws, async ones too, the failure
 * of its request. For a class that is not registered yet. */
export function answering(klass) {
    for (const name of Object.getOwnPropertyNames(klass.prototype)) {
        if (!name.startsWith('vfunc_') || name === 'vfunc_get_state_version')
            continue;

        const vfunc = klass.prototype[name];
        klass.prototype[name] = async function (request) {
            try {
                await vfunc.call(this, request);
            } catch (error) {
                if (request.is_answered())
                    throw error;
                if (error instanceof GLib.Error)
                    request.fail(error);
                else
                    request.fail_literal(Gio.io_error_quark(), Gio.IOErrorEnum.FAILED, `${error}`);
            }
        };
    }
    return klass;
}
