// The browser of these tests: CHROMIUM says which.
import { chromium } from 'playwright-core';

export const launch = () =>
	chromium.launch({
		executablePath: process.env.CHROMIUM,
		// Debian's Chromium has no sandbox of its own for root, and continuous integration runs as root.
		args: process.getuid() === 0 ? ['--no-sandbox'] : [],
	});
