"""A page and a REST service on stores: `embedstore serve`."""
