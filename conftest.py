"""Nothing but what pytester needs to be told: the tests of the plugin use it."""

pytest_plugins = ["pytester"]
