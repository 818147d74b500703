/* SPDX-License-Identifier: MIT */

/* A clock, and a disk that needs it: started, stopped, saved and restored. */

class Device : Object, StateUnit.Unit {
	uint64 starts;

	public void start (StateUnit.Request request) {
		// This takes a while: keep the request, return, and answer it later.
		Timeout.add (50, () => {
			starts++;
			print ("%s runs\n", request.get_unit_name ());
			request.complete ();
			return Source.REMOVE;
		});
	}

	public void stop (StateUnit.Request request) {
		print ("%s is stopped\n", request.get_unit_name ());
		request.complete ();
	}

	public void save (StateUnit.Request request) {
		var state = new VariantDict ();

		state.insert_value ("starts", starts);
		request.complete_with_state (state.end ());
	}

	public void restore (StateUnit.Request request) {
		if (request.get_state ().lookup ("starts", "t", out starts))
			request.complete ();
		else
			request.take_error (new IOError.INVALID_DATA ("no starts"));
	}
}

async void run () throws Error {
	var units = new StateUnit.Units ();

	units.add_unit ("clock", new Device ());
	units.add_unit ("disk", new Device (), { "clock" });

	yield units.start_async ();
	yield units.stop_async ();
	var snapshot = yield units.save_async ();
	print ("saved %u units\n", snapshot.n_units);
	yield units.restore_async (snapshot);
	print ("restored\n");
}

int main () {
	var loop = new MainLoop ();
	var status = 1;

	run.begin ((source, result) => {
		try {
			run.end (result);
			status = 0;
		} catch (Error error) {
			printerr ("%s\n", error.message);
		}
		loop.quit ();
	});
	loop.run ();

	return status;
}
