# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The administration of channels, notifications and settings."
from . import push


class PushCommands:
    def _channels(self, channel=None, user=None):
        return [
            c for c in self.state.channels.values()
            if channel in {None, c.id}
            and (user is None or c.user == user.lower())]

    def do_channels(self, user=None, live=None):
        with self.state.lock:
            found = []
            for one in self._channels(user=user):
                alive = one.live(self.state)
                if live in {None, alive}:
                    found.append({
                            'id': one.id, 'kind': one.kind,
                            'user': one.user, 'client_id': one.client_id,
                            'address': one.address, 'token': one.token,
                            'calendar': one.owner if one.kind in {
                                'events', 'acl'} else None,
                            'owner': one.owner,
                            'resourceId': one.resource_id,
                            'resourceUri': one.resource_uri,
                            'expiration': one.expiration,
                            'number': one.number, 'stopped': one.stopped,
                            'live': alive})
            return found

    def do_deliveries(self, channel=None, clear=False):
        with self.state.lock:
            found = [
                d.show() for d in self.state.deliveries
                if channel in {None, d.channel.id}]
            if clear:
                # those under way stay
                self.state.deliveries[:] = self.state.pushes
            return found

    def do_wait_deliveries(self, count=None, timeout=60, channel=None):
        """Wait until so many are done; without count until each was sent
        at least once"""
        state = self.state

        def done():
            return [
                d for d in state.deliveries
                if d.done and channel in {None, d.channel.id}]

        with state.condition:
            state.condition.wait_for(
                lambda: push.idle(state) if count is None
                else len(done()) >= count, timeout)
            return [d.show() for d in done()]

    def do_retry_deliveries(self):
        "Send what waits for its next attempt now"
        with self.state.condition:
            for delivery in self.state.pushes:
                delivery.due = min(delivery.due, self.state.clock())
            self.state.condition.notify_all()
            return len(self.state.pushes)

    def do_notify(self, channel=None, state='exists'):
        "A message without a change: Google sends such ones, too"
        with self.state.condition:
            found = [
                c for c in self._channels(channel) if c.live(self.state)]
            for one in found:
                push.post(self.state, one, state)
            return len(found)

    def do_set_setting(self, user, setting, value):
        with self.state.lock:
            account = self._user(user)
            self.state.settings[account.email, setting] = value
            self.state.touch('settings', account.email)
