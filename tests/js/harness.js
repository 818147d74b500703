// SPDX-License-Identifier: MIT

/* What the tests in JavaScript share: promises for the pairs, ways to wait and
 * to compare, and a runner that speaks TAP. */

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import System from 'system';
import StateUnit from 'gi://StateUnit?version=1';

for (const [owner, pairs] of [
    [StateUnit.Units.prototype, ['start', 'start_stopped_units', 'stop', 'reset', 'save', 'restore',
        'inspect', 'update']],
    [StateUnit.Transition.prototype, ['run']],
    [StateUnit.UnitHandle.prototype, ['remove']],
    [StateUnit.UnitReceiver.prototype, ['receive']],
    [StateUnit.Inspector.prototype, ['inspect']],
    [StateUnit.Unit.prototype, ['send']],
    [StateUnit.Snapshot.prototype, ['save_to_file']],
    [StateUnit.Snapshot, ['load_from_file']],
]) {
    for (const pair of pairs)
        Gio._promisify(owner, `${pair}_async`, `${pair}_finish`);
}

/* A class of units: a class that derives from GObject.Object or from another
 * such class, registered with the interface. */
export function unitClass(klass, properties = {}) {
    return GObject.registerClass({
        Implements: [StateUnit.Unit],
        Properties: properties,
    }, klass);
}

export function sleep(ms) {
    return new Promise(resolve => {
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, ms, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

/* Until the condition holds, looked at again after each turn of the loop. */
export async function until(condition) {
    while (!condition())
        await sleep(1);
}

export function* items(model) {
    for (let i = 0; i < model.get_n_items(); i++)
        yield model.get_item(i);
}

/* As in the C tests: "clock:running disk:stopped". */
export function states(units) {
    return [...items(units)].map(handle =>
        `${handle.name}:${StateUnit.unit_state_to_string(handle.state)}`).join(' ');
}

export function assertEqual(actual, expected, what = '') {
    const [a, b] = [actual, expected].map(value => JSON.stringify(value));

    if (a !== b)
        throw new Error(`${what ? `${what}: ` : ''}${a} instead of ${b}`);
}

export function assertError(error, domain, code, message) {
    if (!(error instanceof GLib.Error) || !error.matches(domain, code))
        throw new Error(`another error than ${domain.$gtype?.name ?? domain} ${code}: ${error}`);
    if (message !== undefined)
        assertEqual(error.message, message);
}

/* The error with which a function or a promise fails. */
export async function caught(begin) {
    try {
        await begin();
    } catch (error) {
        return error;
    }
    throw new Error('it succeeded');
}

/* Runs { name: function } one after the other, and exits. */
export async function runTests(tests) {
    let failed = false;
    let n = 0;

    print(`1..${Object.keys(tests).length}`);
    for (const [name, run] of Object.entries(tests)) {
        n++;
        try {
            await run();
            print(`ok ${n} - ${name}`);
        } catch (error) {
            failed = true;
            print(`not ok ${n} - ${name}`);
            print(`# ${error}\n${error.stack}`.replace(/\n+(?=.)/g, '\n# '));
        }
    }
    System.exit(failed ? 1 : 0);
}
