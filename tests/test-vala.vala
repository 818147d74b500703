/* SPDX-License-Identifier: MIT */

/* Units in Vala, and a set of them: the names of the bindings, what may be null
 * or left out, who owns what, and the functions of the units being called. */

class Clock : Object, StateUnit.Unit {
	public int starts { get; set; }
	public bool hangs;
	public StateUnit.Request? kept;

	public virtual void start (StateUnit.Request request) {
		starts++;
		if (hangs)
			kept = request;
		else
			request.complete ();
	}

	public void stop (StateUnit.Request request) {
		Idle.add (() => {
			request.complete ();
			return Source.REMOVE;
		});
	}
}

/* A start that overrides that of its parent. */
class QuartzClock : Clock {
	public bool broken;

	public override void start (StateUnit.Request request) {
		if (broken)
			request.take_error (new IOError.NOT_FOUND ("no quartz"));
		else
			base.start (request);
	}
}

class Disk : Object, StateUnit.Unit {
	public int writes { get; set; default = 7; }
	public uint restored_version;

	public void start (StateUnit.Request request) {
		spin_up.begin (request);
	}

	async void spin_up (StateUnit.Request request) {
		Idle.add (spin_up.callback);
		yield;
		writes++;
		request.complete ();
	}

	public void stop (StateUnit.Request request) {
		request.run_in_thread ((request) => request.complete ());
	}

	public void save (StateUnit.Request request) {
		request.complete_with_state (writes);
	}

	public void restore (StateUnit.Request request) {
		writes = request.get_state ().get_int32 ();
		restored_version = request.get_state_version ();
		request.complete ();
	}

	public uint get_state_version (out uint oldest) {
		oldest = 2;
		return 3;
	}
}

async void cycle () throws Error {
	var units = new StateUnit.Units ();
	var clock = new QuartzClock ();
	var disk = new Disk ();
	var changes = new StringBuilder ();

	units.unit_state_changed.connect ((handle, old_state, new_state) => {
		changes.append_printf ("%s:%s ", handle.name, new_state.to_string ());
	});
	units.add_unit ("clock", clock);
	unowned StateUnit.UnitHandle handle = units.add_unit ("disk", disk, { "clock" });
	units.add_unit ("window", null, { "disk" });

	yield units.start_async ();
	assert (units.running);
	assert (handle.state == StateUnit.UnitState.RUNNING);
	assert (changes.str.has_prefix ("clock:starting clock:running disk:starting disk:running "));
	assert (clock.starts == 1);
	assert (disk.writes == 8);
	yield units.stop_async ();

	var snapshot = yield units.save_async ();
	assert (snapshot.n_units == 1);
	assert (snapshot.get_version ("disk") == 3);
	assert (snapshot.lookup ("clock") == null);
	disk.writes = 0;
	yield units.restore_async (snapshot);
	assert (disk.writes == 8);
	assert (disk.restored_version == 3);

	var tree = yield units.inspect_async ("disk");
	assert (tree.lookup_value ("writes", VariantType.INT32).get_int32 () == 8);
	yield units.update_async ("disk/writes", 9);
	assert (disk.writes == 9);
}

async void failures () throws Error {
	var units = new StateUnit.Units ();
	var clock = new QuartzClock ();

	clock.broken = true;
	units.add_unit ("clock", clock);
	try {
		yield units.start_async ();
		assert_not_reached ();
	} catch (StateUnit.Error.TRANSITION_FAILED error) {
		assert (error.message == "start failed: {clock: no quartz}");
	}

	unowned StateUnit.UnitHandle handle = units.lookup ("clock");
	assert (handle.error is IOError.NOT_FOUND);
	assert (handle.state == StateUnit.UnitState.FAILED);
	assert (((StateUnit.TransitionStep) units.last_transition.get_item (0)).error is IOError.NOT_FOUND);

	try {
		units.add_unit ("clock", new Clock ());
		assert_not_reached ();
	} catch (StateUnit.Error error) {
		assert (error is StateUnit.Error.NAME_IN_USE);
	}

	clock.broken = false;
	yield units.start_async ();
	clock.ended (new IOError.BROKEN_PIPE ("gone"));
	while (handle.state == StateUnit.UnitState.RUNNING) {
		Idle.add (failures.callback);
		yield;
	}
	assert (handle.error.message == "gone");
}

async void cancelling () throws Error {
	var units = new StateUnit.Units ();
	var clock = new Clock ();
	var cancellable = new Cancellable ();

	clock.hangs = true;
	units.add_unit ("clock", clock);
	Idle.add (() => {
		if (clock.kept == null)
			return Source.CONTINUE;
		clock.kept.get_cancellable ().cancelled.connect (() => {
			clock.kept.take_error (new IOError.CANCELLED ("gave up"));
		});
		cancellable.cancel ();
		return Source.REMOVE;
	});
	try {
		yield units.start_async (cancellable);
		assert_not_reached ();
	} catch (IOError.CANCELLED error) {
		assert (units.lookup ("clock").state == StateUnit.UnitState.STOPPED);
	}
}

/* A builder is consumed by what it builds, and nothing is left of either. */
async void building () throws Error {
	StateUnit.UnitBuilder? builder;
	StateUnit.UnitReceiver receiver;
	StateUnit.Units? units = new StateUnit.Units ();
	Clock? clock = new Clock ();

	unowned StateUnit.UnitHandle first = units.add ("clock")
		.set_timeout (StateUnit.Operation.START, 1000)
		.add_alias ("rtc")
		.build (clock);
	builder = units.add ("disk");
	unowned StateUnit.UnitBuilder? watched = builder;
	watched.add_weak_pointer (&watched);
	builder.depends_on (first).build (new Disk ());
	builder = null;
	assert (watched == null);

	units.add ("queue").build_receiver (out receiver);
	units.add ("spawned").spawn (new Clock ());

	var transition = new StateUnit.Transition (units, StateUnit.Operation.START);
	transition.set_handles ({ first });
	assert (transition.plan ().get_level (0).length == 1);
	yield transition.run_async ();
	assert (string.joinv (" ", transition.get_critical_path ()) == "clock");
	assert (transition.status == StateUnit.TransitionStatus.SUCCEEDED);
	assert (units.get_n_items () == 4);

	serve.begin (receiver);
	yield units.start_async ();
	receiver.close ();
	yield units.stop_async ();
	var removed = yield first.remove_async ();
	assert (removed == clock);
	removed = null;
	units.lookup ("spawned").discard ();

	unowned Clock? left = clock;
	left.add_weak_pointer (&left);
	clock = null;
	transition = null;
	assert (units.lookup ("clock") == null);
	units = null;
	while (left != null) {
		Idle.add (building.callback);
		yield;
	}
}

async void serve (StateUnit.UnitReceiver receiver) {
	try {
		StateUnit.Request? request;
		while ((request = yield receiver.receive_async ()) != null)
			request.complete ();
	} catch (Error error) {
		GLib.error ("%s", error.message);
	}
}

async void files () throws Error {
	string name;
	Posix.close (FileUtils.open_tmp ("state-unit-XXXXXX", out name));
	var snapshot = new StateUnit.Snapshot ().with_unit ("disk", 3, 8);

	yield snapshot.save_to_file_async (name);
	var loaded = yield StateUnit.Snapshot.load_from_file_async (name);
	assert (loaded.lookup ("disk").get_int32 () == 8);
	assert (new StateUnit.Snapshot.from_bytes (loaded.to_bytes ()).n_units == 1);

	FileUtils.set_contents (name, "no snapshot");
	try {
		StateUnit.Snapshot.load_from_file (name);
		assert_not_reached ();
	} catch (StateUnit.Error.INVALID_SNAPSHOT error) {
		FileUtils.unlink (name);
	}
}

delegate void Begin (owned AsyncReadyCallback callback);
delegate void End (AsyncResult result) throws Error;

void run (Begin begin, End end) {
	var loop = new MainLoop ();

	begin ((source, result) => {
		try {
			end (result);
		} catch (Error error) {
			GLib.error ("%s", error.message);
		}
		loop.quit ();
	});
	loop.run ();
}

int main (string[] args) {
	Test.init (ref args);
	Test.add_func ("/vala/cycle",
		() => run ((callback) => cycle.begin ((owned) callback), (result) => cycle.end (result)));
	Test.add_func ("/vala/failures",
		() => run ((callback) => failures.begin ((owned) callback), (result) => failures.end (result)));
	Test.add_func ("/vala/cancelling",
		() => run ((callback) => cancelling.begin ((owned) callback), (result) => cancelling.end (result)));
	Test.add_func ("/vala/building",
		() => run ((callback) => building.begin ((owned) callback), (result) => building.end (result)));
	Test.add_func ("/vala/files",
		() => run ((callback) => files.begin ((owned) callback), (result) => files.end (result)));
	return Test.run ();
}
