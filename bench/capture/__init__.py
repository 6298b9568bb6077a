"""What capturing a call costs the app, beside the bare SDK and every peer."""
