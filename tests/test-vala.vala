/* SPDX-License-Identifier: MIT */

/* A unit in Vala: the names of the bindings, and its functions being called. */

class Disk : Object, StateUnit.Unit {
	public int writes { get; set; default = 7; }

	public void start (StateUnit.Request request) {
		Idle.add (() => {
			writes++;
			request.complete ();
			return Source.REMOVE;
		});
	}

	public void save (StateUnit.Request request) {
		request.complete_with_state (new Variant.int32 (writes));
	}

	public void restore (StateUnit.Request request) {
		writes = request.get_state ().get_int32 ();
		request.complete ();
	}
}

async void cycle (StateUnit.Units units, Disk disk) throws Error {
	yield units.start_async (null);
	assert (units.lookup ("disk").state == StateUnit.UnitState.RUNNING);
	assert (disk.writes == 8);
	yield units.stop_async (null);

	var snapshot = yield units.save_async (null);
	disk.writes = 0;
	yield units.restore_async (snapshot, null);
	assert (disk.writes == 8);
}

int main () {
	var loop = new MainLoop ();
	var units = new StateUnit.Units ();
	var disk = new Disk ();

	try {
		units.add_unit ("disk", disk, null);
		units.add_unit ("window", null, { "disk" });
	} catch (Error error) {
		GLib.error ("%s", error.message);
	}

	cycle.begin (units, disk, (source, result) => {
		try {
			cycle.end (result);
		} catch (Error error) {
			GLib.error ("%s", error.message);
		}
		loop.quit ();
	});
	loop.run ();

	return 0;
}
